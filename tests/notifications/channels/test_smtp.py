"""The SMTP client and a server that does its work: what goes where, and single refusals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from notifications.channels.addresses import TwoRecipients
from notifications.channels.protocol import (
    HandedOver,
    Outcome,
    OutgoingMail,
    WrongRoute,
)
from notifications.channels.smtp import SmtpRoute
from notifications.channels.smtp_session import SmtpEndpoint
from notifications.channels.smtp_transactions import BareLineEnding
from tests.notifications.channels.mails import (
    BOTH_WAYS,
    LOCK_STEP,
    mail,
    mails,
    outcomes,
    route_to,
)
from tests.notifications.channels.sinks import Behaviour, SmtpSink

# --- the ordinary way ---------------------------------------------------------------


@BOTH_WAYS
def test_every_message_goes_to_its_one_recipient_in_order(extensions: tuple[str, ...]) -> None:
    with SmtpSink(Behaviour(extensions)) as sink, route_to(sink) as route:
        handed = list(route.send(mails(30), is_exercise=False))
    assert outcomes(handed) == [Outcome.ACCEPTED] * 30
    assert sink.recipients == [f"p{number}@people.example" for number in range(30)]
    assert sink.connections == 1
    assert {message.sender for message in sink.received} == {"b+1@b.example"}
    assert handed[0] == HandedOver(Outcome.ACCEPTED, "Q1001", "smtp-250-2.0.0")


def test_the_next_envelope_goes_ahead_but_not_the_next_text() -> None:
    with SmtpSink() as sink, route_to(sink) as route:
        asked: list[int] = []

        def source() -> Iterator[OutgoingMail]:
            for number in range(4):
                asked.append(number)
                yield mail(f"p{number}")

        batch = route.send(source(), is_exercise=False)
        next(batch)
        assert asked == [0, 1]
        assert len(sink.received) == 1
        assert route.window == 1
        next(batch)
        assert asked == [0, 1, 2]
        assert len(sink.received) == 2


def test_nothing_is_asked_for_ahead_of_a_server_without_pipelining() -> None:
    with SmtpSink(Behaviour(LOCK_STEP)) as sink, route_to(sink) as route:
        source = mails(3)
        next(route.send(source, is_exercise=False))
        assert next(source).recipient == "p1@people.example"


@BOTH_WAYS
def test_dots_and_a_missing_last_line_end_survive(extensions: tuple[str, ...]) -> None:
    text = b".Subject: x\r\n\r\n.\r\n..\r\n...a\r\nb.\r\n.c"
    with SmtpSink(Behaviour(extensions)) as sink, route_to(sink) as route:
        list(route.send([mail(text=text), mail("ben")], is_exercise=False))
    assert sink.received[0].text == text + b"\r\n"
    assert len(sink.received) == 2


@pytest.mark.parametrize(
    "text", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\nb", b"a\r\n.\r\rb", b"a\n\r\n", b"\0\r\n"]
)
def test_a_lone_line_end_is_refused_before_any_byte(text: bytes) -> None:
    with SmtpSink() as sink, route_to(sink) as route, pytest.raises(BareLineEnding):
        list(route.send([mail(text=text)], is_exercise=False))
    assert sink.connections == 0


@BOTH_WAYS
def test_an_unusable_message_does_not_hold_back_the_one_before(
    extensions: tuple[str, ...],
) -> None:
    forged = mail("second")
    object.__setattr__(forged, "recipient", "a@x.example,b@x.example")
    handed: list[HandedOver] = []
    with SmtpSink(Behaviour(extensions)) as sink, route_to(sink) as route:
        with pytest.raises(TwoRecipients):
            handed.extend(route.send([mail("first"), forged, mail("third")], is_exercise=False))
        assert sink.recipients == ["first@people.example"]
        assert not any("," in command for command in sink.commands)
        again = list(route.send([mail("third")], is_exercise=False))
    assert outcomes(again) == [Outcome.ACCEPTED]
    assert sink.recipients == ["first@people.example", "third@people.example"]


def test_a_connection_is_changed_after_its_share_of_messages() -> None:
    with SmtpSink() as sink, route_to(sink, per_connection=4) as route:
        handed = list(route.send(mails(10), is_exercise=False))
    assert outcomes(handed) == [Outcome.ACCEPTED] * 10
    assert [message.connection for message in sink.received] == [1] * 4 + [2] * 4 + [3] * 2
    assert sink.commands.count("QUIT") == 3


def test_a_connection_is_kept_from_batch_to_batch() -> None:
    with SmtpSink() as sink, route_to(sink) as route:
        for _batch in range(3):
            assert outcomes(list(route.send(mails(2), is_exercise=False))) == [Outcome.ACCEPTED] * 2
        assert sink.connections == 1


# --- kinds of routes ------------------------------------------------------------------


@pytest.mark.parametrize("is_exercise", [True, False])
def test_a_dispatch_leaves_only_by_a_route_of_its_kind(is_exercise: bool) -> None:
    with SmtpSink() as sink:
        endpoint = SmtpEndpoint("127.0.0.1", sink.port)
        with SmtpRoute(endpoint, is_exercise=is_exercise) as route:
            with pytest.raises(WrongRoute):
                route.send(mails(1), is_exercise=not is_exercise)
            assert sink.connections == 0
            assert route.is_exercise is is_exercise
            assert len(list(route.send(mails(1), is_exercise=is_exercise))) == 1
            with pytest.raises(WrongRoute):
                route.send(mails(1), is_exercise=not is_exercise)
    assert len(sink.received) == 1


# --- what servers offer -----------------------------------------------------------------


def test_an_address_in_another_script_needs_a_server_that_takes_it() -> None:
    batch = [mail("квитка"), mail("ana")]
    with SmtpSink() as sink, route_to(sink) as route:
        assert outcomes(list(route.send(batch, is_exercise=False))) == [Outcome.ACCEPTED] * 2
    assert "SMTPUTF8" in sink.received[0].parameters
    assert "SMTPUTF8" not in sink.received[1].parameters
    with SmtpSink(Behaviour(("PIPELINING",))) as sink, route_to(sink) as route:
        handed = list(route.send([*batch, batch[0]], is_exercise=False))
    refused = HandedOver(Outcome.REFUSED, "", "smtputf8-not-offered")
    assert handed == [refused, HandedOver(Outcome.ACCEPTED, "Q1001", "smtp-250-2.0.0"), refused]
    assert sink.recipients == ["ana@people.example"]


def test_eight_bits_and_size_are_agreed_on() -> None:
    eight, big = mail("eight", "é\r\n".encode()), mail("big", b"x" * 70 + b"\r\n")
    with SmtpSink() as sink, route_to(sink) as route:
        assert outcomes(list(route.send([eight], is_exercise=False))) == [Outcome.ACCEPTED]
        assert sink.received[0].parameters == "SIZE=4 BODY=8BITMIME"
    with SmtpSink(Behaviour(("SIZE 50",))) as sink, route_to(sink) as route:
        handed = list(route.send([eight, big, mail()], is_exercise=False))
    assert [one.code for one in handed] == [
        "8bitmime-not-offered", "size-over-limit", "smtp-250-2.0.0"
    ]  # fmt: skip
    assert outcomes(handed)[:2] == [Outcome.MESSAGE_REFUSED] * 2


# --- refusals of single messages ---------------------------------------------------------


@BOTH_WAYS
@pytest.mark.parametrize("goes_ahead", [False, True])
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "TEXT"])
def test_one_refusal_does_not_touch_its_neighbours(
    verb: str, goes_ahead: bool, extensions: tuple[str, ...]
) -> None:
    bad = b"451 4.2.1 p2@people.example is not at home\r\n"
    behaviour = Behaviour(
        extensions, answers={verb: {"[pv][258]@": bad}}, goes_ahead_after_refusal=goes_ahead
    )
    with SmtpSink(behaviour) as sink, route_to(sink) as route:
        batch = [
            replace(one, envelope_from=f"v{number}@b.example")
            for number, one in enumerate(mails(10))
        ]
        handed = list(route.send(batch, is_exercise=False))
    expected = [Outcome.DEFERRED if n in (2, 5, 8) else Outcome.ACCEPTED for n in range(10)]
    assert outcomes(handed) == expected
    assert sink.recipients == [f"p{n}@people.example" for n in range(10) if n not in (2, 5, 8)]
    if not (goes_ahead and verb == "MAIL"):
        assert sink.connections == 1
    assert handed[2] == HandedOver(Outcome.DEFERRED, "", "smtp-451-4.2.1")


def test_codes_hold_no_word_of_the_server() -> None:
    words = b"550 5.1.1 <p1@people.example> +15550100 unknown; id=p1@people.example\r\n"
    said = b"250 2.0.0 p0@people.example queued as p0@people.example\r\n"
    behaviour = Behaviour(answers={"RCPT": {"p1": words}, "TEXT": {"p0": b"+" + said}})
    with SmtpSink(behaviour) as sink, route_to(sink) as route:
        handed = list(route.send(mails(2), is_exercise=False))
    assert handed == [
        HandedOver(Outcome.ACCEPTED, "", "smtp-250-2.0.0"),
        HandedOver(Outcome.REFUSED, "", "smtp-550-5.1.1"),
    ]
