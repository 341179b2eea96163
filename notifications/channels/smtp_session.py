"""One SMTP connection: greeted, secured, signed in (RFC 5321, 3207, 4954, 2920)."""

from __future__ import annotations

import base64
import select
import socket
import ssl
import time
from dataclasses import dataclass, field

from notifications.channels.protocol import RouteUnavailable
from notifications.channels.smtp_replies import Reply, parse_line, reply_of, short_reply

_MAX_LINE = 2048
# What is read once and remembered: nothing that could hold an address of ours.
_SHORT_LINE = 32
_MAX_LINES = 128
_QUIT_TIMEOUT = 1.0
# One TLS record at most per write: a write that fails has then delivered nothing of its part.
_WRITE_SIZE = 16 * 1024


@dataclass(frozen=True, slots=True)
class SmtpEndpoint:
    """Where and how to connect. Times are seconds."""

    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)
    #: "none", "starttls" (required, never skipped) or "implicit".
    security: str = "none"
    #: PEM file of a private certificate authority; empty for the system's.
    ca_file: str = ""
    #: What we call ourselves in EHLO; empty for the address literal of our socket.
    client_name: str = ""
    connect_timeout: float = 5.0
    command_timeout: float = 10.0
    #: RFC 5321 allows a server ten minutes after the final dot; a crisis does not.
    final_dot_timeout: float = 60.0


class ConnectionLost(Exception):
    """The connection can no longer be used.

    `sent` is how many bytes of the failed write reached the system; `said_goodbye` whether
    the server announced it (421), which also means that it accepted nothing.
    """

    def __init__(self, code: str, *, sent: int = 0, said_goodbye: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.sent = sent
        self.said_goodbye = said_goodbye


class SmtpSession:
    """An open connection, ready for MAIL. Raises RouteUnavailable when it cannot be opened."""

    def __init__(self, endpoint: SmtpEndpoint) -> None:
        self._endpoint = endpoint
        self._buffer = b""
        self.extensions: dict[str, str] = {}
        self.opened_at = time.monotonic()
        #: Transactions that came to an end here, whatever their outcome.
        self.completed = 0
        #: A refused recipient leaves a transaction open that must be reset.
        self.needs_reset = False
        self._socket = self._connect()
        try:
            self._greet()
        except ConnectionLost as lost:
            self.drop()
            code = lost.code
        except BaseException:
            self.drop()
            raise
        else:
            return
        raise RouteUnavailable(code)

    # --- opening ---------------------------------------------------------------

    def _connect(self) -> socket.socket:
        endpoint = self._endpoint
        connection: socket.socket | None = None
        try:
            connection = socket.create_connection(
                (endpoint.host, endpoint.port), timeout=endpoint.connect_timeout
            )
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if endpoint.security == "implicit":
                return self._secured(connection)
            return connection
        except ssl.SSLError:
            code = "smtp-tls"
        except TimeoutError:
            code = "smtp-connect-timeout"
        except OSError:
            code = "smtp-connect"
        if connection is not None:
            connection.close()
        raise RouteUnavailable(code)

    def _secured(self, connection: socket.socket) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=self._endpoint.ca_file or None)
        return context.wrap_socket(connection, server_hostname=self._endpoint.host)

    def _greet(self) -> None:
        self._expect(self.reply(), 220)
        self._say_hello()
        if self._endpoint.security == "starttls":
            self._start_tls()
        if self._endpoint.username:
            self._sign_in()

    def _say_hello(self) -> None:
        name = self._endpoint.client_name
        if not name:
            address = self._socket.getsockname()[0]
            name = f"[IPv6:{address}]" if ":" in address else f"[{address}]"
        reply = self.ask(f"EHLO {name}\r\n".encode("ascii"))
        self._expect(reply, 250)
        self.extensions = {}
        for line in reply.lines[1:]:
            keyword, _, value = line.decode("ascii", "replace").partition(" ")
            self.extensions[keyword.upper()] = value

    def _start_tls(self) -> None:
        if "STARTTLS" not in self.extensions:
            raise RouteUnavailable("smtp-starttls-not-offered")
        self._expect(self.ask(b"STARTTLS\r\n"), 220)
        if self._buffer:
            # Whoever wrote this did so before encryption: it must not count as the server's.
            raise RouteUnavailable("smtp-starttls-injected")
        try:
            self._socket.settimeout(self._endpoint.connect_timeout)
            self._socket = self._secured(self._socket)
        except (ssl.SSLError, OSError):
            code = "smtp-tls"
        else:
            self._say_hello()
            return
        raise RouteUnavailable(code)

    def _sign_in(self) -> None:
        endpoint = self._endpoint
        mechanisms = self.extensions.get("AUTH", "").upper().split()
        if "PLAIN" in mechanisms:
            secret = f"\0{endpoint.username}\0{endpoint.password}".encode()
            reply = self.ask(b"AUTH PLAIN " + base64.b64encode(secret) + b"\r\n")
        elif "LOGIN" in mechanisms:
            reply = self.ask(b"AUTH LOGIN\r\n")
            for part in (endpoint.username, endpoint.password):
                self._expect(reply, 334)
                reply = self.ask(base64.b64encode(part.encode()) + b"\r\n")
        else:
            raise RouteUnavailable("smtp-auth-not-offered")
        self._expect(reply, 235)

    @staticmethod
    def _expect(reply: Reply, code: int) -> None:
        if reply.code != code:
            raise RouteUnavailable(reply.machine_code)

    # --- talking ---------------------------------------------------------------

    def ask(self, command: bytes) -> Reply:
        """Write one command and return its reply. Raises ConnectionLost."""
        self.write(command)
        return self.reply()

    def write(self, data: bytes) -> None:
        """Write all of `data`. Raises ConnectionLost telling how much of it got away."""
        sent = 0
        try:
            self._socket.settimeout(self._endpoint.command_timeout)
            while sent < len(data):
                sent += self._socket.send(data[sent : sent + _WRITE_SIZE])
            return
        except TimeoutError:
            code = "smtp-timeout"
        except OSError:
            code = "smtp-lost"
        raise ConnectionLost(code, sent=sent)

    def reply(self, timeout: float | None = None) -> Reply:
        """Read one reply within `timeout` seconds in all. Raises ConnectionLost, on 421 too."""
        deadline = time.monotonic() + (timeout or self._endpoint.command_timeout)
        lines: list[bytes] = []
        while len(lines) < _MAX_LINES:
            line = self._line(deadline)
            if not lines and len(line) <= _SHORT_LINE:
                short = short_reply(line)
                if short is not None and short.code != 421:
                    return short
            parsed = parse_line(line)
            if parsed is None:
                raise ConnectionLost("smtp-garbled")
            code, is_last, text = parsed
            lines.append(text)
            if is_last:
                reply = reply_of(code, lines)
                if code == 421:
                    raise ConnectionLost(reply.machine_code, said_goodbye=True)
                return reply
        raise ConnectionLost("smtp-garbled")

    def _line(self, deadline: float) -> bytes:
        while True:
            line, found, rest = self._buffer.partition(b"\n")
            if len(line) > _MAX_LINE:
                raise ConnectionLost("smtp-garbled")
            if found:
                self._buffer = rest
                return line.removesuffix(b"\r")
            self._buffer += self._receive(deadline)

    def _receive(self, deadline: float) -> bytes:
        received = b""
        code = "smtp-lost"
        try:
            # The deadline covers the whole reply, so that a trickle cannot hold us.
            self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
            received = self._socket.recv(8192)
        except TimeoutError:
            code = "smtp-timeout"
        except OSError:
            pass
        if not received:
            raise ConnectionLost(code)
        return received

    def is_stale(self) -> bool:
        """Whether the server spoke or hung up while nothing was asked of it."""
        if self._buffer:
            return True
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        """Say QUIT and hang up."""
        try:
            self.write(b"QUIT\r\n")
            self.reply(_QUIT_TIMEOUT)
        except ConnectionLost:
            pass
        self.drop()

    def drop(self) -> None:
        """Hang up at once: the server forgets a message whose final dot it did not get."""
        self._socket.close()
