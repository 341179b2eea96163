"""Django's own messages obey the rule of one recipient too."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator

import pytest
from django.core.mail import EmailMessage, get_connection, send_mail
from pytest_django import Settings

from notifications.channels.addresses import TwoRecipients, UnusableAddress
from notifications.channels.django_backend import NotHandedOver
from tests.notifications.channels.sinks import Behaviour, SmtpSink

BACKEND = "notifications.channels.django_backend.OneRecipientBackend"


@pytest.fixture
def sink(settings: Settings) -> Iterator[SmtpSink]:
    with SmtpSink(Behaviour(("PIPELINING",))) as running:
        settings.EMAIL_BACKEND = BACKEND
        settings.MAIL_URL = f"smtp://127.0.0.1:{running.port}"
        yield running


def test_a_message_for_one_person_arrives_in_seven_bits(sink: SmtpSink) -> None:
    taken = send_mail(
        "Привіт", "Лист\n.крапка", "Abroad <office@abroad.example>", ["Аня <ana@people.example>"]
    )
    assert taken == 1
    (received,) = sink.received
    assert received.recipient == "ana@people.example"
    assert received.sender == "office@abroad.example"
    assert received.text.isascii()
    parsed = email.message_from_bytes(received.text, policy=email.policy.default)
    assert parsed["Subject"] == "Привіт"
    assert parsed["Auto-Submitted"] == "auto-generated"
    body = parsed.get_body()
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").strip() == "Лист\n.крапка"


@pytest.mark.parametrize(
    ("to", "cc", "bcc"),
    [
        (["a@x.example", "b@x.example"], [], []),
        (["a@x.example"], ["b@x.example"], []),
        (["a@x.example"], [], ["b@x.example"]),
        ([], [], []),
        ([], [], ["b@x.example"]),
        (["a@x.example, b@x.example"], [], []),
        (["A <a@x.example>, B <b@x.example>"], [], []),
        (["a@x.example, B <b@x.example>"], [], []),
        (["A <a@x.example> <b@x.example>"], [], []),
    ],
)
@pytest.mark.parametrize("fail_silently", [False, True])
def test_two_recipients_are_refused_before_anything_leaves(
    to: list[str], cc: list[str], bcc: list[str], fail_silently: bool, sink: SmtpSink
) -> None:
    fine = EmailMessage("Hello", "Text", "office@abroad.example", ["ok@x.example"])
    wrong = EmailMessage("Hello", "Text", "office@abroad.example", to, bcc=bcc, cc=cc)
    connection = get_connection(fail_silently=fail_silently)
    with pytest.raises((UnusableAddress, ValueError)) as refused:
        connection.send_messages([fine, wrong])
    if len(to) != 1 or cc or bcc:
        assert isinstance(refused.value, TwoRecipients)
    assert sink.received == []


def test_a_refusal_is_told_as_a_code_only(sink: SmtpSink) -> None:
    sink.behaviour.answers = {"RCPT": {"ana": b"550 5.1.1 ana@people.example unknown\r\n"}}
    with pytest.raises(NotHandedOver) as refused:
        send_mail("Hello", "Text", "o@x.example", ["ana@people.example"])
    assert str(refused.value) == "smtp-550-5.1.1"
    assert send_mail("Hello", "", "o@x.example", ["ana@people.example"], fail_silently=True) == 0


def test_a_closed_route_is_told_as_a_code_only(sink: SmtpSink) -> None:
    sink.behaviour.greeting = b"421 4.3.2 later\r\n"
    with pytest.raises(NotHandedOver) as refused:
        send_mail("Hello", "Text", "o@x.example", ["ana@people.example"])
    assert refused.value.code == "smtp-421-4.3.2"


def test_an_open_connection_is_used_for_several_messages(sink: SmtpSink) -> None:
    with get_connection() as connection:
        for name in ("a", "b", "c"):
            connection.send_messages(
                [EmailMessage("Hello", "Text", "o@x.example", [f"{name}@x.example"])]
            )
    assert sink.recipients == ["a@x.example", "b@x.example", "c@x.example"]
    assert sink.connections == 1
