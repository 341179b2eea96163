"""Kannel between us and the network: it cuts, numbers, reports and delivers by its own reading."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from notifications import addressing, applying_receipts, receiving, sending
from notifications.channels.protocol import Outcome, OutgoingSms
from notifications.channels.routes import open_sms_route
from notifications.channels.sms_octets import gsm_text, split_header
from notifications.models import Answer, Delivery, DeliveryStatus, InboundMessage, Lane, Receipt
from notifications.segmenting import segment
from tests.conformance.servers import PrivateKannel, eventually
from tests.notifications.channels.smsc import SmscSink, SubmittedPart, delivery, receipt
from tests.people import crisis, phone, register, released

committed = pytest.mark.django_db(transaction=True)

# Kannel breaks the line of a header after 76 characters, so name and secret stay below 54.
SECRET = "kq7Vd2mXw9RtZ4bHs6LpNf3JcYg8Ae5u"

TEXTS = {
    "short": "Fire. Stay inside.",
    "extension signs": "Go to [zone 3] ~ {north}: 5€",
    "an escape at the edge": "a" * 152 + "€" + "a" * 152,
    "long Cyrillic": "Покиньте будинок і йдіть до укриття. " * 6,
    "long Arabic": "ابتعدوا عن المرفأ وابقوا في الداخل. " * 6,
    "emoji across the edge": "ش" * 66 + "😀" + "ش" * 66,
}


def text_of(parts: list[SubmittedPart]) -> str:
    numbered = sorted(parts, key=lambda part: place_of(part)[0])
    return "".join(
        part.body.decode("utf-16-be") if part.data_coding == 8 else gsm_text(part.body)
        for part in numbered
    )


def place_of(part: SubmittedPart) -> tuple[int, int]:
    place, _text = split_header(part.octets) if part.esm_class & 0x40 else (None, b"")
    return (place.number, place.count) if place else (1, 1)


def route_to(kannel: PrivateKannel, receipts: str = "") -> Any:
    url = (
        f"kannel+http://registry:s3cret@127.0.0.1:{kannel.sendsms_port}/cgi-bin/sendsms?from=ABROAD"
    )
    return open_sms_route(f"{url}&receipts={receipts}" if receipts else url, is_exercise=False)


def test_every_text_leaves_kannel_as_we_cut_it(folder: Path) -> None:
    with (
        SmscSink() as network,
        PrivateKannel(folder / "kannel", smsc_port=network.port) as kannel,
        route_to(kannel) as route,
    ):
        eventually(lambda: network.binds, "Kannel binds to our SMSC")
        numbers = {f"+9617000000{place}": text for place, text in enumerate(TEXTS.values(), 1)}
        messages = [
            OutgoingSms(number, text, f"reference-{number[-1]}", 3600)
            for number, text in numbers.items()
        ]
        outcomes = list(route.send(iter(messages), is_exercise=False))
        assert {one.outcome for one in outcomes} == {Outcome.ACCEPTED}
        expected = sum(len(segment(text).parts) for text in numbers.values())
        eventually(lambda: len(network.parts) >= expected, "every part leaves Kannel")
        for number, text in numbers.items():
            parts = [part for part in network.parts if part.number == number]
            assert len(parts) == len(segment(text).parts)
            assert [place_of(part)[1] for part in parts] == [len(parts)] * len(parts)
            assert text_of(parts) == text
        assert {part.source for part in network.parts} == {"ABROAD"}
        eventually(lambda: network.enquiries, "Kannel asks for a sign of life")


@committed
def test_receipts_through_kannel_come_out_of_order(
    folder: Path, live_server: Any, settings: Any
) -> None:
    settings.SMS_ROUTES = ""
    settings.SMS_CALLBACK_SECRET = SECRET
    callback = live_server.url.replace("://", f"://kannel:{SECRET}@")
    with (
        SmscSink() as network,
        PrivateKannel(folder / "kannel", smsc_port=network.port) as kannel,
    ):
        eventually(lambda: network.binds, "Kannel binds to our SMSC")
        settings.SMS_URL = (
            f"kannel+http://registry:s3cret@127.0.0.1:{kannel.sendsms_port}/cgi-bin/sendsms"
            f"?from=ABROAD&receipts={callback}/api/v1/callbacks/kannel/kannel/receipt"
        )
        register(phones=[phone()])
        dispatch = released(crisis())
        addressing.freeze(dispatch.pk)
        sending.drain(lane=Lane.CRISIS)
        sent = Delivery.objects.get(dispatch=dispatch)
        assert sent.status == DeliveryStatus.HANDED_OVER
        eventually(lambda: network.parts, "the message leaves Kannel")
        last = network.parts[-1]
        assert last.registered_delivery & 1
        # "Not delivered" overtakes "delivered": the network changed its mind.
        network.deliver(receipt(last.message_id, "UNDELIV", number=last.number))
        eventually(lambda: Receipt.objects.count() == 1, "Kannel reports")
        applying_receipts.apply_receipts()
        sent.refresh_from_db()
        assert sent.status == DeliveryStatus.FAILED
        network.deliver(receipt(last.message_id, "DELIVRD", number=last.number))
        eventually(lambda: len(network.acknowledged) == 2, "Kannel acknowledges both")


@committed
def test_a_message_in_arabic_through_kannel_reaches_the_board(
    folder: Path, live_server: Any, settings: Any, sms_gateway: Any
) -> None:
    callback = live_server.url.replace("://", f"://kannel:{SECRET}@")
    number = phone()
    register(phones=[number])
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    sending.drain(lane=Lane.CRISIS)
    settings.SMS_ROUTES = json.dumps(
        [{"name": "kannel", "url": "kannel+http://127.0.0.1/", "secret": SECRET}]
    )
    with (
        SmscSink() as network,
        PrivateKannel(
            folder / "kannel",
            smsc_port=network.port,
            inbound_url=f"{callback}/api/v1/callbacks/kannel/kannel/inbound",
        ),
    ):
        eventually(lambda: network.binds, "Kannel binds to our SMSC")
        words = "أحتاج مساعدة، نحن محاصرون في الطابق الثالث"
        body = delivery(source=number, octets=words.encode("utf-16-be"), data_coding=8)
        network.deliver(body)
        eventually(lambda: InboundMessage.objects.count() == 1, "Kannel posts the message")
        receiving.apply_inbound()
        (answer,) = Answer.objects.all()
        assert (answer.state, answer.words) == ("help", words)
        assert dispatch.members.get().answer == "help"
        # Nothing is sent back by the gateway itself.
        assert not network.parts


def test_kannels_own_fake_network_takes_our_messages(folder: Path) -> None:
    with PrivateKannel(folder / "kannel") as kannel:
        with socket.create_connection(("127.0.0.1", kannel.fake_port), 5) as phone_side:
            with route_to(kannel) as route:
                message = OutgoingSms("+96170000001", "Fire. Stay inside.", "r-1", 3600)
                (outcome,) = route.send(iter([message]), is_exercise=False)
            assert outcome.outcome is Outcome.ACCEPTED
            phone_side.settimeout(10)
            said = b""
            while b"\n" not in said:
                said += phone_side.recv(4096)
            assert b"+96170000001 text Fire. Stay inside." in said


def test_a_wrong_password_closes_the_route(folder: Path) -> None:
    with SmscSink() as network:
        with PrivateKannel(folder / "kannel", smsc_port=network.port) as kannel:
            connection = http.client.HTTPConnection("127.0.0.1", kannel.sendsms_port, timeout=5)
            headers = {"X-Kannel-Username": "registry", "X-Kannel-Password": "wrong",
                       "X-Kannel-To": "+96170000001", "Content-Type": "text/plain"}  # fmt: skip
            connection.request("POST", "/cgi-bin/sendsms", b"hello", headers)
            assert connection.getresponse().status == 403
            connection.close()
