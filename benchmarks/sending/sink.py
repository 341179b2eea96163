"""A mail server that keeps only counts: fast enough not to be what is measured.

Runs as a process of its own (`python -m benchmarks.sending.sink`). It writes a recipient
down before it answers the final dot, as a real server does, so that comparing what a
sender believes with what the sink holds shows every loss and every copy. A second port
takes one JSON command per line: counts, reset, and the faults it is to make.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

ADDRESS = "127.0.0.1"
_EHLO = (
    b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 1000000\r\n"
)
_OK = b"250 2.0.0 Ok\r\n"
_GO = b"354 Go on\r\n"


@dataclass
class Faults:
    """Shares between 0 and 1 of messages (or of connections) that meet a fault."""

    #: The answer to a final dot never comes: the connection ends instead.
    drop_after_dot: float = 0.0
    #: The answer to a final dot takes `tarpit_seconds`.
    tarpit: float = 0.0
    tarpit_seconds: float = 2.0
    #: A recipient is refused for now.
    later: float = 0.0
    #: A connection is greeted with 421.
    unavailable: float = 0.0
    seed: int = 1


class Counts:
    """What has arrived, by recipient."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.chance = random.Random(1)
        self.forget()

    def forget(self) -> None:
        """Start anew."""
        self.copies: Counter[bytes] = Counter()
        self.messages = 0
        self.connections = 0
        self.octets = 0
        self.first_at = 0.0
        self.last_at = 0.0
        self.most_recipients = 0
        self.answers_dropped = 0
        # Messages that hold the octets to be watched for.
        self.watch = b""
        self.watched = 0
        self.first_watched_at = 0.0
        self.last_watched_at = 0.0

    def see(self, text: bytes | bytearray, end: int) -> None:
        """Note a message that is watched for."""
        if text.find(self.watch, 0, end) < 0:
            return
        self.watched += 1
        self.last_watched_at = time.time()
        self.first_watched_at = self.first_watched_at or self.last_watched_at

    def set_faults(self, given: dict[str, Any]) -> None:
        """Begin to make these faults, and no others."""
        self.faults = Faults(**given)
        self.chance = random.Random(self.faults.seed)

    def as_data(self) -> dict[str, Any]:
        """Return the figures."""
        return {
            "messages": self.messages,
            "unique": len(self.copies),
            "duplicates": self.messages - len(self.copies),
            "most_copies": max(self.copies.values(), default=0),
            "connections": self.connections,
            "octets": self.octets,
            "first_at": self.first_at,
            "last_at": self.last_at,
            "most_recipients": self.most_recipients,
            "answers_dropped": self.answers_dropped,
            "watched": self.watched,
            "first_watched_at": self.first_watched_at,
            "last_watched_at": self.last_watched_at,
        }


class Connection(asyncio.Protocol):
    """One sender's connection."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self.buffer = bytearray()
        self.is_text = False
        self.recipients: list[bytes] = []
        self.is_held = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.counts.connections += 1
        faults = self.counts.faults
        if faults.unavailable and self.counts.chance.random() < faults.unavailable:
            transport.write(b"421 4.3.2 Not now\r\n")
            transport.close()
            return
        transport.write(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.is_held:
            self._read()

    def _read(self) -> None:
        buffer = self.buffer
        answers: list[bytes] = []
        while True:
            if self.is_text:
                end = buffer.find(b"\r\n.\r\n")
                if end < 0:
                    break
                self.counts.octets += end + 2
                if self.counts.watch:
                    self.counts.see(buffer, end)
                del buffer[: end + 5]
                self.is_text = False
                if not self._take(answers):
                    return
                continue
            end = buffer.find(b"\r\n")
            if end < 0:
                break
            line = bytes(buffer[:end])
            del buffer[: end + 2]
            verb = line[:4].upper()
            if verb == b"MAIL":
                self.recipients = []
                answers.append(_OK)
            elif verb == b"RCPT":
                answers.append(self._name(line))
            elif verb == b"DATA":
                if self.recipients:
                    self.is_text = True
                    answers.append(_GO)
                else:
                    answers.append(b"503 5.5.1 No recipient\r\n")
            elif verb == b"EHLO":
                answers.append(_EHLO)
            elif verb == b"HELO":
                answers.append(_OK)
            elif verb == b"RSET":
                self.recipients = []
                answers.append(_OK)
            elif verb == b"QUIT":
                answers.append(b"221 2.0.0 Bye\r\n")
                self.transport.write(b"".join(answers))
                self.transport.close()
                return
            else:
                answers.append(b"502 5.5.2 No\r\n")
        if answers:
            self.transport.write(b"".join(answers))

    def _name(self, line: bytes) -> bytes:
        faults = self.counts.faults
        if faults.later and self.counts.chance.random() < faults.later:
            return b"451 4.7.1 Later\r\n"
        self.recipients.append(line[line.index(b"<") + 1 : line.index(b">")])
        return _OK

    def _take(self, answers: list[bytes]) -> bool:
        """Write the message down, answer; False when reading must not go on now."""
        counts, faults = self.counts, self.counts.faults
        now = time.time()
        counts.messages += 1
        counts.last_at = now
        counts.first_at = counts.first_at or now
        counts.most_recipients = max(counts.most_recipients, len(self.recipients))
        for recipient in self.recipients:
            counts.copies[recipient] += 1
        if faults.drop_after_dot and counts.chance.random() < faults.drop_after_dot:
            counts.answers_dropped += 1
            self.transport.abort()
            return False
        if faults.tarpit and counts.chance.random() < faults.tarpit:
            self.transport.write(b"".join(answers))
            self.is_held = True
            asyncio.get_running_loop().call_later(faults.tarpit_seconds, self._let_go)
            return False
        answers.append(_OK)
        return True

    def _let_go(self) -> None:
        self.is_held = False
        if not self.transport.is_closing():
            self.transport.write(_OK)
            self._read()


async def _answer(
    counts: Counts, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    while line := await reader.readline():
        command = json.loads(line)
        if "faults" in command:
            counts.set_faults(command["faults"])
        if command.get("forget"):
            counts.forget()
        if "watch" in command:
            counts.watch = command["watch"].encode()
        if "missing_of" in command:
            wanted = Path(command["missing_of"]).read_bytes().split()
            missing = sum(one not in counts.copies for one in wanted)
            writer.write(json.dumps({"missing": missing}).encode() + b"\n")
        else:
            writer.write(json.dumps(counts.as_data()).encode() + b"\n")
        await writer.drain()
    writer.close()


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    counts = Counts()
    mail = await loop.create_server(lambda: Connection(counts), ADDRESS, 0, backlog=1024)
    control = await asyncio.start_server(lambda r, w: _answer(counts, r, w), ADDRESS, 0)
    ports = [server.sockets[0].getsockname()[1] for server in (mail, control)]
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()


class Sink:
    """The sink's process, from the outside."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.sending.sink"], stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        self.port, control = json.loads(self._process.stdout.readline())
        self._control = socket.create_connection((ADDRESS, control)).makefile("rwb")
        return self

    def __exit__(self, *_: object) -> None:
        self._control.close()
        self._process.terminate()
        self._process.wait(10)

    @property
    def url(self) -> str:
        """The server's address as MAIL_URL takes it."""
        return f"smtp://{ADDRESS}:{self.port}"

    @property
    def pid(self) -> int:
        """The process, for its CPU time."""
        return self._process.pid

    def ask(self, **command: Any) -> dict[str, Any]:
        """Send one command, return the figures."""
        self._control.write(json.dumps(command).encode() + b"\n")
        self._control.flush()
        found: dict[str, Any] = json.loads(self._control.readline())
        return found

    def counts(self) -> dict[str, Any]:
        """Return what has arrived."""
        return self.ask()

    def forget(self) -> None:
        """Start counting anew."""
        self.ask(forget=True)

    def make(self, faults: Faults) -> None:
        """Make these faults from now on."""
        self.ask(faults={field.name: getattr(faults, field.name) for field in fields(faults)})


if __name__ == "__main__":
    asyncio.run(_serve())
