"""What an SMSC delivers: stored, then acknowledged, then understood."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import addressing, applying_receipts, receiving, sending
from notifications.channels.smpp_deliveries import PersonWord, ReceiptWord, read_delivery
from notifications.channels.smpp_session import Smsc
from notifications.channels.smpp_wire import Garbled, deliver_sm
from notifications.channels.sms_octets import Place, gsm_octets, part_header, split_header
from notifications.listening import listen
from notifications.models import (
    Answer,
    Delivery,
    DeliveryStatus,
    Dispatch,
    InboundMessage,
    Lane,
    MessageKind,
    Receipt,
)
from tests.notifications.channels.smsc import SmscSink, delivery, receipt
from tests.people import crisis, phone, register, released

committed = pytest.mark.django_db(transaction=True)


def eventually(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.02)


@pytest.fixture
def smsc() -> Iterator[SmscSink]:
    with SmscSink() as sink:
        yield sink


@pytest.fixture
def listener(smsc: SmscSink) -> Iterator[None]:
    """A listener in a thread, as the command runs it."""
    stopped = threading.Event()
    thread = threading.Thread(
        target=listen,
        args=(Smsc("127.0.0.1", smsc.port, "registry", "s3cret", enquire_seconds=0.4),),
        kwargs={"provider": "smsc", "should_stop": stopped.is_set},
    )
    thread.start()
    eventually(lambda: "receiver" in smsc.binds)
    yield
    stopped.set()
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def alerted(smsc: SmscSink, settings: Any) -> tuple[str, Delivery]:
    """Somebody who got an alert over this SMSC: their number, their delivery."""
    settings.SMS_URL = f"smpp://registry:s3cret@127.0.0.1:{smsc.port}?from=ABROAD"
    number = phone()
    register(phones=[number])
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    sending.drain(lane=Lane.CRISIS)
    return number, Delivery.objects.get(dispatch=dispatch)


@committed
def test_receipts_out_of_order_and_three_times(
    alerted: tuple[str, Delivery], smsc: SmscSink, listener: None
) -> None:
    _number, sent = alerted
    assert sent.status == DeliveryStatus.HANDED_OVER
    assert sent.provider_reference == smsc.parts[-1].message_id
    words = ["DELIVRD", "ACCEPTD", "EXPIRED", "DELIVRD", "ENROUTE", "DELIVRD"]
    for stat in words:
        smsc.deliver(receipt(sent.provider_reference, stat))
    eventually(lambda: smsc.acknowledged == [0] * len(words))
    # Final words are stored once each; the others have nothing to say.
    assert Receipt.objects.count() == 2
    applying_receipts.apply_receipts()
    sent.refresh_from_db()
    assert (sent.status, sent.reason) == (DeliveryStatus.DELIVERED, "")


@committed
def test_a_cry_for_help_in_arabic_reaches_the_board(
    alerted: tuple[str, Delivery], smsc: SmscSink, listener: None
) -> None:
    number, sent = alerted
    words = "أحتاج مساعدة، أنا محاصر"
    smsc.deliver(delivery(source=number, octets=words.encode("utf-16-be"), data_coding=8))
    eventually(lambda: smsc.acknowledged == [0])
    receiving.apply_inbound()
    (answer,) = Answer.objects.all()
    assert (answer.state, answer.words) == ("help", words)
    assert sent.dispatch.members.get().answer == "help"


@committed
def test_a_long_message_is_understood_when_its_last_part_came(
    alerted: tuple[str, Delivery], smsc: SmscSink, listener: None
) -> None:
    number, _sent = alerted
    text = "We are all on the roof of the school and the water is rising 😀 help"
    octets = text.encode("utf-16-be")
    cuts = [octets[:126], octets[126:134], octets[134:]]
    parts = [part_header(Place(7, place, 3)) + cut for place, cut in enumerate(cuts, start=1)]
    for part in (parts[2], parts[0], parts[0]):
        smsc.deliver(delivery(source=number, octets=part, esm_class=0x40, data_coding=8))
    eventually(lambda: smsc.acknowledged == [0] * 3)
    assert receiving.apply_inbound() == 0
    smsc.deliver(delivery(source=number, octets=parts[1], esm_class=0x40, data_coding=8))
    eventually(lambda: len(smsc.acknowledged) == 4)
    receiving.apply_inbound()
    assert [(one.state, one.words) for one in Answer.objects.all()] == [("help", text)]
    assert InboundMessage.objects.filter(applied_at__isnull=False).count() == 3


@committed
def test_what_is_delivered_again_is_stored_once_and_a_new_word_anew(
    alerted: tuple[str, Delivery], smsc: SmscSink, listener: None
) -> None:
    number, sent = alerted
    for words in ("SAFE", "SAFE", "HELP", "SAFE"):
        smsc.deliver(delivery(source=number, octets=gsm_octets(words)))
    eventually(lambda: smsc.acknowledged == [0] * 4)
    receiving.apply_inbound()
    assert [one.state for one in Answer.objects.order_by("at")] == ["safe", "help", "safe"]
    assert sent.dispatch.members.get().answer == "safe"


@committed
def test_a_listener_that_lost_its_link_binds_again(smsc: SmscSink, listener: None) -> None:
    number = phone()
    smsc.drop_all()
    eventually(lambda: smsc.binds.count("receiver") == 2)
    smsc.deliver(delivery(source=number, octets=b"hello"))
    eventually(lambda: smsc.acknowledged == [0])
    assert InboundMessage.objects.count() == 1
    eventually(lambda: smsc.enquiries > 0)


@committed
def test_automatic_answers_come_once_an_hour_and_never_to_a_machine(
    alerted: tuple[str, Delivery], smsc: SmscSink, listener: None
) -> None:
    number, _sent = alerted
    for count, words in enumerate(("SAFE", "HELP", "SAFE", "HELP"), start=1):
        smsc.deliver(delivery(source=number, octets=gsm_octets(words)))
        eventually(lambda: len(smsc.acknowledged) == count)  # noqa: B023
        receiving.apply_inbound()
    (answer,) = Dispatch.objects.filter(message__kind__startswith="ack-")
    assert answer.message.kind == MessageKind.ACK_SAFE
    sending.drain(lane=Lane.URGENT)
    assert smsc.numbers == [number, number]
    # Another machine that sends our own words back, an hour later.
    InboundMessage.objects.update(answered_at=None, received_at="2026-01-01T00:00:00Z")
    smsc.deliver(delivery(source=number, octets=smsc.parts[-1].octets))
    eventually(lambda: len(smsc.acknowledged) == 5)
    receiving.apply_inbound()
    assert Dispatch.objects.filter(message__kind__startswith="ack-").count() == 1


# --- reading --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("coding", "octets", "text"),
    [
        (0x00, gsm_octets("5€ [ok]"), "5€ [ok]"),
        (0x01, b"HELP", "HELP"),
        (0x03, "blessé".encode("latin-1"), "blessé"),
        (0x08, "مساعدة".encode("utf-16-be"), "مساعدة"),
        (0x04, "помощь".encode(), "помощь"),
        (0x06, "помощь".encode("iso8859-5"), "помощь"),
        (0x18, "помощь".encode("utf-16-be"), "помощь"),
        (0xF1, b"HELP", "HELP"),
        (0x00, b"HE\x00P", "HE@P"),
    ],
)
def test_every_alphabet_is_read(coding: int, octets: bytes, text: str) -> None:
    body = delivery(source="+96170123456", octets=octets, data_coding=coding)
    said = read_delivery(deliver_sm(body))
    assert said == PersonWord("+96170123456", text, None)


def test_receipts_are_read_from_tags_and_from_words() -> None:
    assert read_delivery(deliver_sm(receipt("7f", "UNDELIV"))) == ReceiptWord("7f", "undeliverable")
    tags = b"\x00\x1e\x00\x03ab\x00" + b"\x04\x27\x00\x01\x02"
    body = delivery(source="+96170123456", octets=b"", esm_class=0x04, tags=tags)
    assert read_delivery(deliver_sm(body)) == ReceiptWord("ab", "delivered")
    decimal = deliver_sm(receipt("255", "DELIVRD"))
    assert read_delivery(decimal, ids_are_decimal=True) == ReceiptWord("ff", "delivered")


@given(st.binary(max_size=400))
def test_no_octets_break_the_reader(octets: bytes) -> None:
    split_header(octets)
    try:
        message = deliver_sm(octets)
    except Garbled:
        return
    said = read_delivery(message)
    if isinstance(said, PersonWord):
        assert "\0" not in said.text
