"""Our SMPP against somebody else's SMSC: smpp34, written in Rust."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

import pytest
import smpp34

from demo.ports import free_port
from notifications.channels.protocol import Outcome, OutgoingSms
from notifications.channels.smpp import SmppRoute
from notifications.channels.smpp_deliveries import PersonWord, ReceiptWord, read_delivery
from notifications.channels.smpp_session import SmppSession, Smsc
from notifications.channels.sms_octets import gsm_text, split_header
from tests.conformance.servers import eventually
from tests.conformance.test_kannel import TEXTS


@dataclass
class RustSmsc:
    """smpp34's server in a thread: takes everything, reports each message as delivered."""

    port: int = field(default_factory=free_port)
    parts: list[tuple[str, int, int, bytes]] = field(default_factory=list)
    refused: str = ""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._bound: list[Any] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_ended: object) -> None:
        self._loop.call_soon_threadsafe(self._work.cancel)
        self._thread.join(10)

    def deliver(self, **fields: Any) -> None:
        """Send a deliver_sm to whoever is bound."""

        async def send() -> None:
            for esme in self._bound:
                if esme.can_receive:
                    await esme.deliver_sm("4433", **fields)

        asyncio.run_coroutine_threadsafe(send(), self._loop).result(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._work = self._loop.create_task(self._serve())
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._work)
        self._loop.close()

    async def _serve(self) -> None:
        server = smpp34.Server("127.0.0.1", self.port, system_id="rust")
        await server.start()
        self._ready.set()
        try:
            while True:
                event = await server.next()
                if isinstance(event, smpp34.Esme):
                    self._bound.append(event)
                elif isinstance(event, smpp34.SubmitSmEvent):
                    if event.destination_addr == self.refused:
                        event.reject(0x0B)
                        continue
                    self.parts.append(
                        (
                            event.destination_addr,
                            event.esm_class,
                            event.data_coding,
                            bytes(event.short_message),
                        )
                    )
                    event.accept(f"{len(self.parts):x}")
        finally:
            await server.stop()


@pytest.fixture
def smsc() -> Iterator[RustSmsc]:
    with RustSmsc() as server:
        yield server


def test_every_text_is_read_by_another_smsc_as_we_wrote_it(smsc: RustSmsc) -> None:
    smsc.refused = "96170000099"
    numbers = {f"+9617000000{place}": text for place, text in enumerate(TEXTS.values(), 1)}
    messages = [OutgoingSms(number, text, "r", 3600) for number, text in numbers.items()]
    messages.append(OutgoingSms(f"+{smsc.refused}", "Fire.", "r", 3600))
    there = Smsc("127.0.0.1", smsc.port, "registry", "s3cret", sender="ABROAD", window=5)
    with SmppRoute(there, is_exercise=False) as route:
        outcomes = list(route.send(iter(messages), is_exercise=False))
    assert [one.outcome for one in outcomes] == [Outcome.ACCEPTED] * len(TEXTS) + [Outcome.REFUSED]
    for number, text in numbers.items():
        # That server takes parts at the same time; a phone puts them in order.
        arrived = []
        for to, esm_class, coding, octets in smsc.parts:
            if f"+{to}" == number:
                place, body = split_header(octets) if esm_class & 0x40 else (None, octets)
                words = body.decode("utf-16-be") if coding == 8 else gsm_text(body)
                arrived.append((place.number if place else 1, words))
        whole = "".join(words for _number, words in sorted(arrived))
        assert whole == text


def test_deliveries_of_another_smsc_are_understood(smsc: RustSmsc) -> None:
    said: list[Any] = []
    there = Smsc("127.0.0.1", smsc.port, "registry", "s3cret")
    session = SmppSession(
        there, bind="transceiver", take=lambda message: said.append(read_delivery(message))
    )
    stopped = threading.Event()

    def listen() -> None:
        while not stopped.is_set():
            session.read(0.1)

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        eventually(lambda: smsc._bound, "the bind is seen")
        words = "أحتاج مساعدة"
        smsc.deliver(
            short_message=words.encode("utf-16-be"), data_coding=8, source_addr="96170123456"
        )
        text = b"id:7f sub:001 dlvrd:001 submit date:2611232200 done date:2611232201 stat:DELIVRD"
        smsc.deliver(short_message=text, esm_class=4, source_addr="96170123456")
        eventually(lambda: len(said) == 2, "both deliveries arrive")
    finally:
        stopped.set()
        thread.join(5)
        session.close()
    assert said == [
        PersonWord("+96170123456", words, None),
        ReceiptWord("7f", "delivered"),
    ]
