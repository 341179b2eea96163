"""One SMPP connection: binding, framing, and the answers a link owes its other end.

What the SMSC delivers is given to `take` and acknowledged after `take` came back: whoever
stores in it cannot lose a message to a crash in between.
"""

from __future__ import annotations

import itertools
import logging
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from notifications.channels import smpp_wire as wire
from notifications.channels.protocol import RouteUnavailable
from notifications.channels.smpp_statuses import code_of
from notifications.channels.smpp_wire import DeliverSm, Pdu

logger = logging.getLogger(__name__)

Take = Callable[[DeliverSm], None]

_BINDS = {
    "transmitter": wire.BIND_TRANSMITTER,
    "receiver": wire.BIND_RECEIVER,
    "transceiver": wire.BIND_TRANSCEIVER,
}
_ROOM = 64 * 1024
_UNBIND_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Smsc:
    """Where and how to reach an SMSC. Times are seconds."""

    host: str
    port: int
    system_id: str
    password: str = field(default="", repr=False)
    system_type: str = ""
    sender: str = ""
    #: transmitter, receiver or transceiver.
    bind: str = "transmitter"
    is_encrypted: bool = False
    ca_file: str = ""
    #: Messages that may wait for their answer at once.
    window: int = 10
    #: Parts a second that were agreed for this bind; 0 for no limit.
    parts_per_second: float = 0.0
    connect_timeout: float = 5.0
    answer_timeout: float = 10.0
    enquire_seconds: float = 30.0


class LinkLost(Exception):
    """The connection is of no more use; `sent` octets of the last write had left it."""

    def __init__(self, code: str, *, sent: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.sent = sent


class SmppSession:
    """A bound connection. Opening raises RouteUnavailable."""

    def __init__(self, smsc: Smsc, *, bind: str = "", take: Take | None = None) -> None:
        self._smsc = smsc
        self._take = take
        self._buffer = bytearray()
        self._read_up_to = 0
        self._numbers = itertools.count(1)
        self._enquired: int | None = None
        self._heard_at = time.monotonic()
        #: The SMSC asked us to end: nothing more may be submitted.
        self.is_ending = False
        self._socket = self._connect()
        try:
            self._bind(bind or smsc.bind)
        except LinkLost as lost:
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
        smsc = self._smsc
        connection: socket.socket | None = None
        try:
            connection = socket.create_connection(
                (smsc.host, smsc.port), timeout=smsc.connect_timeout
            )
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if smsc.is_encrypted:
                context = ssl.create_default_context(cafile=smsc.ca_file or None)
                return context.wrap_socket(connection, server_hostname=smsc.host)
            return connection
        except ssl.SSLError:
            code = "smpp-tls"
        except TimeoutError:
            code = "smpp-connect-timeout"
        except OSError:
            code = "smpp-connect"
        if connection is not None:
            connection.close()
        raise RouteUnavailable(code)

    def _bind(self, kind: str) -> None:
        smsc = self._smsc
        command = _BINDS[kind]
        number = self.number()
        body = wire.bind_body(smsc.system_id, smsc.password, smsc.system_type)
        self.write(wire.pdu(command, number, body))
        deadline = time.monotonic() + smsc.connect_timeout
        while True:
            pdu = self._next(deadline)
            if pdu is None:
                raise RouteUnavailable("smpp-bind-timeout")
            if pdu.sequence == number and pdu.command in (
                command | wire.RESPONSE,
                wire.GENERIC_NACK,
            ):
                break
        if pdu.status != wire.OK or pdu.command == wire.GENERIC_NACK:
            raise RouteUnavailable(f"{code_of(pdu.status)}-bind")

    # --- talking ---------------------------------------------------------------

    def number(self) -> int:
        """Return the next sequence number."""
        return next(self._numbers)

    def write(self, octets: bytes) -> None:
        """Write all of it. Raises LinkLost telling how much got away."""
        sent = 0
        try:
            self._socket.settimeout(self._smsc.answer_timeout)
            while sent < len(octets):
                sent += self._socket.send(octets[sent : sent + _ROOM])
            return
        except TimeoutError:
            code = "smpp-timeout"
        except OSError:
            code = "smpp-lost"
        raise LinkLost(code, sent=sent)

    def read(self, seconds: float) -> Pdu | None:
        """Return the next answer to what we asked, or None when none came in time.

        What the SMSC asks of us meanwhile is answered. With 0 seconds it reads what is there.
        Raises LinkLost.
        """
        deadline = time.monotonic() + seconds
        while True:
            pdu = self._next(deadline)
            if pdu is None or self._answered(pdu):
                return pdu

    def _answered(self, pdu: Pdu) -> bool:
        """Deal with what is no answer; return whether it is one the caller waits for."""
        if pdu.command == wire.ENQUIRE_LINK | wire.RESPONSE:
            self._enquired = None
            return False
        if pdu.command & wire.RESPONSE:
            return True
        if pdu.command == wire.DELIVER_SM:
            self._deliver(pdu)
        elif pdu.command == wire.UNBIND:
            self.is_ending = True
            self._reply(pdu)
        elif pdu.command == wire.ENQUIRE_LINK:
            self._reply(pdu)
        else:
            self.write(wire.pdu(wire.GENERIC_NACK, pdu.sequence, status=wire.UNKNOWN_COMMAND))
        return False

    def _reply(self, pdu: Pdu, body: bytes = b"", *, status: int = wire.OK) -> None:
        self.write(wire.pdu(pdu.command | wire.RESPONSE, pdu.sequence, body, status=status))

    def _deliver(self, pdu: Pdu) -> None:
        """Give a message to whoever keeps it, and only then say that we have it."""
        status = wire.OK
        if self._take is None:
            status = wire.TRY_AGAIN_LATER
        else:
            try:
                self._take(wire.deliver_sm(pdu.body))
            except wire.Garbled:
                # It would be as garbled the next time.
                logger.warning("a delivery could not be read octets=%d", len(pdu.body))
            except Exception as error:  # noqa: BLE001
                # Whatever went wrong, the SMSC still has the message and will come back.
                logger.error("a delivery could not be kept error=%s", type(error).__name__)
                status = wire.TRY_AGAIN_LATER
        self._reply(pdu, b"\0", status=status)

    def is_alive(self) -> bool:
        """Deal with what came while nobody listened; ask for a sign of life after a silence."""
        try:
            while self.read(0.0) is not None:
                pass
            if self.is_ending:
                return False
            if time.monotonic() - self._heard_at < self._smsc.enquire_seconds:
                return True
            self.enquire()
            deadline = time.monotonic() + self._smsc.connect_timeout
            while self._enquired is not None and time.monotonic() < deadline:
                self.read(0.1)
        except LinkLost:
            return False
        return self._enquired is None and not self.is_ending

    def enquire(self) -> None:
        """Ask the SMSC whether it is there. Raises LinkLost."""
        self._enquired = self.number()
        self.write(wire.pdu(wire.ENQUIRE_LINK, self._enquired))

    @property
    def silent_seconds(self) -> float:
        """For how long nothing has been heard."""
        return time.monotonic() - self._heard_at

    def _next(self, deadline: float) -> Pdu | None:
        while True:
            try:
                found = wire.first_pdu(self._buffer, self._read_up_to)
            except wire.Garbled:
                found = None
                garbled = True
            else:
                garbled = False
            if garbled:
                raise LinkLost("smpp-garbled")
            if found is not None:
                pdu, self._read_up_to = found
                return pdu
            if self._read_up_to:
                del self._buffer[: self._read_up_to]
                self._read_up_to = 0
            if not self._fill(deadline):
                return None

    def _fill(self, deadline: float) -> bool:
        received = b""
        code = "smpp-lost"
        try:
            # A TLS socket may hold octets no poll can see; so the read itself has the time-out.
            self._socket.settimeout(max(deadline - time.monotonic(), 0.0))
            received = self._socket.recv(_ROOM)
        except (TimeoutError, BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            pass
        if not received:
            raise LinkLost(code)
        self._heard_at = time.monotonic()
        self._buffer += received
        return True

    # --- ending ----------------------------------------------------------------

    def close(self) -> None:
        """Unbind and hang up; what is delivered in between is still taken."""
        try:
            if not self.is_ending:
                self.write(wire.pdu(wire.UNBIND, self.number()))
                deadline = time.monotonic() + _UNBIND_SECONDS
                while time.monotonic() < deadline:
                    answer = self.read(deadline - time.monotonic())
                    if answer is None or answer.command == wire.UNBIND | wire.RESPONSE:
                        break
        except LinkLost:
            pass
        self.drop()

    def drop(self) -> None:
        """Hang up at once."""
        self._socket.close()
