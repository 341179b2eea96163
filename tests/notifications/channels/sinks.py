"""Local servers that take messages and misbehave on demand.

They write a message down before they answer it, as a real server does: a test that compares
what the client believes with what a sink holds sees every loss and every copy.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

_ENVELOPE_ADDRESS = re.compile(r"[^<]*<([^>]*)>(.*)", re.DOTALL)


@dataclass
class Behaviour:
    """What an SMTP sink offers and how it fails. Patterns are searched in the recipient."""

    extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 100000")
    greeting: bytes = b"220 sink.example ESMTP\r\n"
    #: Username and password to ask for.
    account: tuple[str, str] | None = None
    mechanisms: str = "PLAIN LOGIN"
    #: Certificate for STARTTLS (or, with `is_tls`, for the whole connection).
    tls: ssl.SSLContext | None = None
    is_tls: bool = False
    #: Written together with the answer to STARTTLS, before encryption begins.
    injected: bytes = b""
    #: Seconds before each answer to a text.
    latency: float = 0.0
    #: What to answer, by command ("EHLO", "MAIL", "RCPT", "DATA", "TEXT") and pattern.
    #: None hangs up instead of answering; an empty answer keeps silent.
    answers: dict[str, dict[str, bytes | None]] = field(default_factory=dict)
    #: Say 421 and hang up after so many messages on a connection, after the next MAIL.
    goodbye_after: int | None = None
    #: Hang up as soon as the text begins to arrive.
    hang_up_during_text: bool = False
    #: Go on to the text even though the sender or the recipient was refused, as RFC 2920 lets
    #: servers do for a recipient.
    goes_ahead_after_refusal: bool = False


@dataclass(frozen=True)
class Received:
    """One message as the sink got it, dots unstuffed."""

    connection: int
    sender: str
    recipients: tuple[str, ...]
    parameters: str
    text: bytes

    @property
    def recipient(self) -> str:
        (only,) = self.recipients
        return only


class ThreadedServer:
    """An asyncio server on a free loopback port, in a thread of its own."""

    def __init__(self) -> None:
        self.port = 0
        self.connections = 0
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait(10)
        return self

    def __exit__(self, *_ended: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _tls(self) -> ssl.SSLContext | None:
        return None

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls())
        )
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._wind_down(server))
            self._loop.close()

    async def _wind_down(self, server: asyncio.Server) -> None:
        server.close()
        # Connections just accepted get their task, those just aborted their last callback.
        await asyncio.sleep(0.01)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.01)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        try:
            with suppress(
                ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError
            ):
                await self._serve(reader, writer, self.connections)
        finally:
            writer.transport.abort()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        raise NotImplementedError


class _HangUp(ConnectionError):
    pass


class SmtpSink(ThreadedServer):
    """An SMTP server that keeps what it gets. `commands` lists what clients said."""

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        super().__init__()
        self.behaviour = behaviour or Behaviour()
        self.received: list[Received] = []
        self.commands: list[str] = []

    @property
    def recipients(self) -> list[str]:
        return [message.recipient for message in self.received]

    def _tls(self) -> ssl.SSLContext | None:
        return self.behaviour.tls if self.behaviour.is_tls else None

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        await _SmtpConversation(self, reader, writer, number).run()


class _SmtpConversation:
    def __init__(
        self,
        sink: SmtpSink,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        number: int,
    ) -> None:
        self.sink, self.behaviour = sink, sink.behaviour
        self.reader, self.writer, self.number = reader, writer, number
        self.sender: str | None = None
        self.parameters = ""
        self.tried: str = ""
        self.recipients: list[str] = []
        self.taken = 0
        self.is_secured = sink.behaviour.is_tls

    async def run(self) -> None:
        self.writer.write(self.behaviour.greeting)
        while line := (await self.reader.readline()).decode("utf-8", "replace"):
            verb = line[:4].upper().strip()
            self.sink.commands.append(line.rstrip("\r\n"))
            if verb == "STAR":
                await self.start_tls()
            elif verb == "AUTH":
                await self.sign_in(line.split())
            elif verb == "DATA":
                await self.data()
            else:
                await self.say(self.answer_to(verb, line))
            if verb == "QUIT":
                return

    async def say(self, answer: bytes | None) -> None:
        if answer is None:
            raise _HangUp
        if not answer:
            await asyncio.sleep(3600)
        self.writer.write(answer)

    def planned(self, verb: str, subject: str) -> tuple[bool, bytes | None]:
        for pattern, answer in self.behaviour.answers.get(verb, {}).items():
            if re.search(pattern, subject):
                return True, answer
        return False, b""

    def answer_to(self, verb: str, line: str) -> bytes | None:
        is_planned, answer = self.planned(verb, line)
        if verb == "MAIL":
            if self.taken == self.behaviour.goodbye_after:
                self.writer.write(b"421 4.7.0 enough for one connection\r\n")
                return None
            if self.sender is not None:
                return b"503 5.5.1 nested MAIL\r\n"
        if is_planned:
            if verb == "RCPT":
                self.tried = line
            return answer
        if verb == "EHLO":
            return self.hello()
        if verb in ("MAIL", "RCPT"):
            found = _ENVELOPE_ADDRESS.fullmatch(line.rstrip("\r\n"))
            if found is None:
                return b"501 5.5.4 syntax\r\n"
            if (
                verb == "RCPT"
                and self.sender is None
                and not self.behaviour.goes_ahead_after_refusal
            ):
                return b"503 5.5.1 MAIL first\r\n"
            if verb == "MAIL":
                self.sender, self.parameters = found.group(1), found.group(2).strip()
            else:
                self.recipients.append(found.group(1))
        elif verb == "RSET":
            self.forget()
        elif verb == "QUIT":
            return b"221 2.0.0 bye\r\n"
        elif verb != "NOOP":
            return b"502 5.5.2 not implemented\r\n"
        return b"250 2.1.0 Ok\r\n"

    def hello(self) -> bytes:
        offered = [*self.behaviour.extensions]
        if self.behaviour.tls and not self.is_secured:
            offered.append("STARTTLS")
        if self.behaviour.account:
            offered.append(f"AUTH {self.behaviour.mechanisms}")
        lines = ["sink.example", *offered]
        marks = ["250-"] * (len(lines) - 1) + ["250 "]
        return "".join(
            f"{mark}{line}\r\n" for mark, line in zip(marks, lines, strict=True)
        ).encode()

    def forget(self) -> None:
        self.sender, self.parameters, self.recipients = None, "", []

    async def data(self) -> None:
        subject = self.recipients[0] if self.recipients else self.tried
        is_planned, answer = self.planned("DATA", subject)
        if is_planned:
            await self.say(answer)
            return
        if not self.recipients and not self.behaviour.goes_ahead_after_refusal:
            await self.say(b"554 5.5.1 no valid recipients\r\n")
            return
        await self.say(b"354 go ahead\r\n")
        if self.behaviour.hang_up_during_text:
            await self.reader.readline()
            raise _HangUp
        lines: list[bytes] = []
        while (line := await self.reader.readuntil(b"\r\n")) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        if not self.recipients:
            await self.say(b"554 5.5.1 no valid recipients\r\n")
            self.forget()
            return
        is_planned, answer = self.planned("TEXT", subject)
        # "+" says that the message was kept although the client hears otherwise.
        is_kept = not is_planned or not answer or answer.startswith(b"+")
        if is_kept:
            self.sink.received.append(
                Received(
                    self.number,
                    self.sender or "",
                    tuple(self.recipients),
                    self.parameters,
                    b"".join(lines),
                )
            )
            self.taken += 1
        self.forget()
        await asyncio.sleep(self.behaviour.latency)
        if is_planned:
            await self.say(answer and answer.removeprefix(b"+"))
        else:
            await self.say(b"250 2.0.0 Ok: queued as Q%d\r\n" % (1000 + len(self.sink.received)))

    async def start_tls(self) -> None:
        assert self.behaviour.tls is not None
        await self.say(b"220 2.0.0 go ahead\r\n" + self.behaviour.injected)
        await self.writer.drain()
        await self.writer.start_tls(self.behaviour.tls)
        self.is_secured = True

    async def sign_in(self, words: list[str]) -> None:
        assert self.behaviour.account is not None
        username, password = (_base64(part) for part in self.behaviour.account)
        if words[1] == "PLAIN":
            is_right = words[2] == _base64("\0" + "\0".join(self.behaviour.account))
        else:
            given = []
            for prompt in ("Username:", "Password:"):
                await self.say(f"334 {_base64(prompt)}\r\n".encode())
                given.append((await self.reader.readline()).decode().strip())
            is_right = given == [username, password]
        await self.say(b"235 2.7.0 ok\r\n" if is_right else b"535 5.7.8 wrong\r\n")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@dataclass(frozen=True)
class Answer:
    """What the SMS gateway answers; status 0 hangs up, -1 keeps silent."""

    status: int
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)


class SmsSink(ThreadedServer):
    """An SMS gateway. `requests` holds (headers, decoded body); `plan` decides by number."""

    def __init__(self, plan: Callable[[str], Answer | None] = lambda _number: None) -> None:
        super().__init__()
        self.plan = plan
        self.latency = 0.0
        self.requests: list[tuple[dict[str, str], dict[str, object]]] = []

    @property
    def recipients(self) -> list[str]:
        return [str(body["to"]) for _headers, body in self.requests]

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        while head := await _head_of(reader):
            headers = {
                name.strip().lower(): value.strip()
                for name, _colon, value in (line.partition(":") for line in head[1:])
            }
            body = json.loads(await reader.readexactly(int(headers["content-length"])))
            answer = self.plan(str(body["to"]))
            if answer is None or answer.status <= 0 or answer.status // 100 == 2:
                self.requests.append((headers, body))
            await asyncio.sleep(self.latency)
            answer = answer or Answer(202, {"id": f"sms-{len(self.requests)}"})
            if answer.status == 0:
                return
            if answer.status < 0:
                await asyncio.sleep(3600)
            content = json.dumps(answer.body).encode()
            lines = [f"HTTP/1.1 {answer.status} X", f"Content-Length: {len(content)}"]
            lines += [f"{name}: {value}" for name, value in answer.headers.items()]
            writer.write("\r\n".join([*lines, "", ""]).encode() + content)


async def _head_of(reader: asyncio.StreamReader) -> list[str]:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return []
    return head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
