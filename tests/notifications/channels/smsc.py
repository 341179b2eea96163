"""An SMSC on loopback that takes messages and misbehaves on demand.

It writes a part down before it answers it. `planned` decides by number what to answer;
receipts come when a test asks for them, in the order and as often as it asks.
"""

from __future__ import annotations

import asyncio
import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.notifications.channels.sinks import ThreadedServer

SUBMIT_SM, DELIVER_SM, UNBIND, ENQUIRE_LINK = 0x04, 0x05, 0x06, 0x15
BINDS = {0x01: "receiver", 0x02: "transmitter", 0x09: "transceiver"}
RESPONSE = 0x80000000
#: What a plan may answer instead of a status.
HANG_UP, SILENCE, LEAVE = -1, -2, -3


@dataclass(frozen=True)
class SubmittedPart:
    """One submit_sm as it came."""

    connection: int
    number: str
    source: str
    source_ton: int
    esm_class: int
    registered_delivery: int
    validity: str
    data_coding: int
    octets: bytes
    message_id: str

    @property
    def header(self) -> bytes:
        """The user data header without its length octet."""
        return self.octets[1 : 1 + self.octets[0]] if self.esm_class & 0x40 else b""

    @property
    def body(self) -> bytes:
        return self.octets[1 + self.octets[0] :] if self.esm_class & 0x40 else self.octets


@dataclass(eq=False)
class SmscSink(ThreadedServer):
    """An SMSC. `parts` holds what it kept, `asked` how often each number was submitted."""

    planned: Callable[[str, int], int] = lambda _number, _try: 0
    password: str = "s3cret"
    latency: float = 0.0
    #: Parts a second it takes before it answers "too fast"; None for any number.
    most_per_second: float | None = None
    #: Answer in a shuffled order, so many at a time.
    shuffles: int = 1
    parts: list[SubmittedPart] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    binds: list[str] = field(default_factory=list)
    enquiries: int = 0
    throttled: int = 0
    unbinds: int = 0
    #: Statuses of our deliveries' answers, in order.
    acknowledged: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._writers: list[tuple[str, asyncio.StreamWriter]] = []
        self._sequence = 1000
        self._held: list[tuple[int, int, bytes]] = []
        self._allowance = 0.0
        self._allowed_at = 0.0

    @property
    def numbers(self) -> list[str]:
        return [part.number for part in self.parts]

    def deliver(self, body: bytes) -> None:
        """Send a deliver_sm to whoever is bound to receive."""
        self._loop.call_soon_threadsafe(self._send_all, DELIVER_SM, body)

    def enquire(self) -> None:
        """Ask every bound client for a sign of life."""
        self._loop.call_soon_threadsafe(self._send_all, ENQUIRE_LINK, b"")

    def drop_all(self) -> None:
        """Hang up on everybody."""
        for _kind, writer in list(self._writers):
            self._loop.call_soon_threadsafe(writer.transport.abort)

    def _send_all(self, command: int, body: bytes) -> None:
        for kind, writer in self._writers:
            if command != DELIVER_SM or kind != "transmitter":
                self._sequence += 1
                _write(writer, command, 0, self._sequence, body)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        bound: tuple[str, asyncio.StreamWriter] | None = None
        try:
            while True:
                length, command, status, sequence = struct.unpack(
                    ">IIII", await reader.readexactly(16)
                )
                body = await reader.readexactly(length - 16)
                if command in BINDS:
                    _system_id, password = body.split(b"\0")[:2]
                    if password.decode() != self.password:
                        _write(writer, command | RESPONSE, 0x0E, sequence, b"\0")
                        return
                    self.binds.append(BINDS[command])
                    bound = (BINDS[command], writer)
                    self._writers.append(bound)
                    _write(writer, command | RESPONSE, 0, sequence, b"sink\0")
                elif command == SUBMIT_SM:
                    if not await self._submitted(writer, number, sequence, body):
                        return
                elif command == UNBIND:
                    self.unbinds += 1
                    _write(writer, command | RESPONSE, 0, sequence)
                    return
                elif command == ENQUIRE_LINK:
                    self.enquiries += 1
                    _write(writer, command | RESPONSE, 0, sequence)
                elif command == DELIVER_SM | RESPONSE:
                    self.acknowledged.append(status)
        finally:
            if bound is not None:
                self._writers.remove(bound)

    async def _submitted(
        self, writer: asyncio.StreamWriter, connection: int, sequence: int, body: bytes
    ) -> bool:
        part = _submitted_part(body, connection, f"{len(self.parts) + 1:x}")
        self.asked[part.number] += 1
        answer = self.planned(part.number, self.asked[part.number])
        if not answer and self._is_too_fast():
            self.throttled += 1
            answer = 0x58
        if answer in (0, HANG_UP, SILENCE):
            self.parts.append(part)
        if self.latency:
            await asyncio.sleep(self.latency)
        if answer == HANG_UP:
            return False
        if answer == LEAVE:
            _write(writer, UNBIND, 0, 1)
            await writer.drain()
            return True
        if answer != SILENCE:
            self._held.append((answer, sequence, f"{part.message_id}\0".encode()))
        if len(self._held) >= self.shuffles:
            for status, number, text in reversed(self._held):
                _write(writer, SUBMIT_SM | RESPONSE, status, number, b"" if status else text)
            self._held.clear()
        return True

    def _is_too_fast(self) -> bool:
        if self.most_per_second is None:
            return False
        now = self._loop.time()
        self._allowance = min(
            self.most_per_second * 0.1,
            self._allowance + (now - self._allowed_at) * self.most_per_second,
        )
        self._allowed_at = now
        if self._allowance < 1:
            return True
        self._allowance -= 1
        return False


def _write(
    writer: asyncio.StreamWriter, command: int, status: int, sequence: int, body: bytes = b""
) -> None:
    writer.write(struct.pack(">IIII", 16 + len(body), command, status, sequence) + body)


def _submitted_part(body: bytes, connection: int, message_id: str) -> SubmittedPart:
    _service, _zero, rest = body.partition(b"\0")
    source_ton, rest = rest[0], rest[2:]
    source, _zero, rest = rest.partition(b"\0")
    number, _zero, rest = rest[2:].partition(b"\0")
    esm_class, rest = rest[0], rest[3:]
    _schedule, _zero, rest = rest.partition(b"\0")
    validity, _zero, rest = rest.partition(b"\0")
    registered, data_coding, length = rest[0], rest[2], rest[4]
    assert len(rest) == 5 + length
    return SubmittedPart(
        connection,
        f"+{number.decode()}",
        source.decode(),
        source_ton,
        esm_class,
        registered,
        validity.decode(),
        data_coding,
        rest[5:],
        message_id,
    )


def delivery(
    *,
    source: str,
    octets: bytes,
    destination: str = "4433",
    esm_class: int = 0,
    data_coding: int = 0,
    tags: bytes = b"",
) -> bytes:
    """Return the body of a deliver_sm from a phone, or of a receipt."""
    return b"".join(
        (
            b"\0\x01\x01", source.removeprefix("+").encode(), b"\0\x00\x00",
            destination.encode(), b"\0", bytes((esm_class, 0, 0)), b"\0\0",
            bytes((0, 0, data_coding, 0, len(octets))), octets, tags,
        )
    )  # fmt: skip


def receipt(message_id: str, stat: str, *, number: str = "+96170000001") -> bytes:
    """Return the body of a delivery receipt in the usual words."""
    words = (
        f"id:{message_id} sub:001 dlvrd:001 submit date:2611232200 done date:2611232201 "
        f"stat:{stat} err:000 text:Fire. Stay insid"
    )
    return delivery(source=number, octets=words.encode(), esm_class=0x04)
