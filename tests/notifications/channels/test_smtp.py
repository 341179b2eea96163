"""The SMTP client against a server that really speaks and really misbehaves."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import replace

import pytest

from notifications.channels.addresses import TwoRecipients
from notifications.channels.protocol import (
    HandedOver,
    Outcome,
    OutgoingMail,
    RouteUnavailable,
    WrongRoute,
)
from notifications.channels.smtp import SmtpRoute
from notifications.channels.smtp_session import SmtpEndpoint
from notifications.channels.smtp_transactions import BareLineEnding
from tests.notifications.channels.sinks import Behaviour, SmtpSink

LOCK_STEP = ("8BITMIME", "SIZE 100000")
BOTH_WAYS = pytest.mark.parametrize(
    "extensions", [Behaviour().extensions, LOCK_STEP], ids=["pipelined", "lock-step"]
)


def mail(name: str = "ana", text: bytes = b"Subject: Hello\r\n\r\nHello\r\n") -> OutgoingMail:
    return OutgoingMail(f"{name}@people.example", f"<{name}@x.example>", text, "b+1@b.example")


def mails(count: int) -> Iterator[OutgoingMail]:
    return (mail(f"p{number}") for number in range(count))


def route_to(sink: SmtpSink, **options: float) -> SmtpRoute:
    endpoint = SmtpEndpoint("127.0.0.1", sink.port, command_timeout=5.0, final_dot_timeout=5.0)
    limits = {"messages_per_connection": int(options.pop("per_connection", 1000))}
    return SmtpRoute(replace(endpoint, **options), is_exercise=False, **limits)  # type: ignore[arg-type]


def outcomes(handed: list[HandedOver]) -> list[Outcome]:
    return [one.outcome for one in handed]


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


# --- answers that never come ---------------------------------------------------------------


@BOTH_WAYS
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (None, "smtp-lost-after-data"),
        (b"", "smtp-timeout-after-data"),
        (b"+gibberish\r\n", "smtp-garbled-after-data"),
        (b"+354 go ahead\r\n", "smtp-354-after-data"),
    ],
)
def test_a_lost_answer_leaves_one_message_unknown_and_the_rest_go_out_once(
    answer: bytes | None, code: str, extensions: tuple[str, ...]
) -> None:
    behaviour = Behaviour(extensions, answers={"TEXT": {"p3@": answer}})
    with SmtpSink(behaviour) as sink, route_to(sink, final_dot_timeout=1.5) as route:
        handed = list(route.send(mails(6), is_exercise=False))
    assert handed[3] == HandedOver(Outcome.UNKNOWN, "", code)
    assert outcomes(handed).count(Outcome.ACCEPTED) == 5
    assert sink.recipients == [f"p{number}@people.example" for number in range(6)]
    assert sink.connections == 2


def test_answers_lost_again_and_again_close_the_route() -> None:
    with (
        SmtpSink(Behaviour(answers={"TEXT": {".": None}})) as sink,
        route_to(sink) as route,
    ):
        handed: list[HandedOver] = []
        with pytest.raises(RouteUnavailable) as closed:
            handed.extend(_kept(handed, route.send(mails(9), is_exercise=False)))
    assert closed.value.code == "smtp-answers-lost"
    assert outcomes(handed) == [Outcome.UNKNOWN] * 3
    assert len(sink.received) == 3


def _kept(into: list[HandedOver], batch: Iterator[HandedOver]) -> Iterator[HandedOver]:
    """Keep what was handed over even when the batch ends in an exception."""
    for one in batch:
        into.append(one)
    yield from ()


# --- closed routes ---------------------------------------------------------------------------


def close_code(behaviour: Behaviour, **options: float) -> tuple[str, list[HandedOver], SmtpSink]:
    handed: list[HandedOver] = []
    with (
        SmtpSink(behaviour) as sink,
        route_to(sink, **options) as route,
        pytest.raises(RouteUnavailable) as closed,
    ):
        list(_kept(handed, route.send(mails(30), is_exercise=False)))
    return closed.value.code, handed, sink


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (Behaviour(greeting=b"554 5.7.1 go away 10.0.0.1\r\n"), "smtp-554-5.7.1"),
        (Behaviour(greeting=b"421 4.3.2 later\r\n"), "smtp-421-4.3.2"),
        (Behaviour(greeting=b"HTTP/1.1 400 Bad Request\r\n"), "smtp-garbled"),
        (Behaviour(greeting=b"220-" + b"x" * 5000 + b"\r\n"), "smtp-garbled"),
        (Behaviour(greeting=b"220-more\r\n" * 500), "smtp-garbled"),
        (Behaviour(answers={"EHLO": {".": b"502 5.5.2 no\r\n"}}), "smtp-502-5.5.2"),
        (Behaviour(answers={"EHLO": {".": None}}), "smtp-lost"),
        (Behaviour(answers={"EHLO": {".": b""}}), "smtp-timeout"),
        (Behaviour(answers={"MAIL": {".": b"421 4.7.0 slow\r\n"}}), "smtp-421-4.7.0"),
        (Behaviour(answers={"MAIL": {".": b"530 5.7.0 sign in\r\n"}}), "smtp-530-5.7.0"),
        (Behaviour(answers={"MAIL": {".": b"452 4.3.1 disk full\r\n"}}), "smtp-452-4.3.1"),
        (Behaviour(answers={"RCPT": {".": None}}), "smtp-lost"),
        (Behaviour(answers={"TEXT": {".": b"421 4.3.2 shutting down\r\n"}}), "smtp-421-4.3.2"),
    ],
)
def test_a_closed_route_says_so_and_nothing_was_sent(behaviour: Behaviour, code: str) -> None:
    found, handed, sink = close_code(behaviour, command_timeout=1.5)
    assert found == code
    assert handed == []
    assert sink.received == []


@BOTH_WAYS
def test_a_text_cut_off_before_its_final_dot_is_known_not_to_have_left(
    extensions: tuple[str, ...],
) -> None:
    long = mail("long", b"x" * 76 + b"\r\n" + (b"y" * 76 + b"\r\n") * 200_000)
    behaviour = Behaviour(extensions[:-1], hang_up_during_text=True)
    handed: list[HandedOver] = []
    with SmtpSink(behaviour) as sink, route_to(sink) as route:
        with pytest.raises(RouteUnavailable) as closed:
            list(_kept(handed, route.send([long, mail("next")], is_exercise=False)))
        behaviour.hang_up_during_text = False
        handed += route.send([mail("long"), mail("next")], is_exercise=False)
    assert closed.value.code == "smtp-lost"
    assert outcomes(handed) == [Outcome.ACCEPTED] * 2
    assert sink.recipients == ["long@people.example", "next@people.example"]


def test_a_port_where_nobody_listens() -> None:
    with SmtpSink() as sink:
        route = route_to(sink)
    with pytest.raises(RouteUnavailable) as closed:
        list(route.send(mails(1), is_exercise=False))
    assert closed.value.code == "smtp-connect"


@pytest.mark.parametrize("after", [1, 3])
def test_a_server_that_limits_messages_per_connection_gets_new_connections(after: int) -> None:
    with SmtpSink(Behaviour(goodbye_after=after)) as sink, route_to(sink) as route:
        handed = list(route.send(mails(9), is_exercise=False))
    assert outcomes(handed) == [Outcome.ACCEPTED] * 9
    assert sink.recipients == [f"p{number}@people.example" for number in range(9)]
    assert sink.connections == -(-9 // after)


def test_a_goodbye_that_comes_back_closes_the_route_without_a_gap() -> None:
    behaviour = Behaviour(answers={"RCPT": {"p[3-9]@": b"421 4.7.0 later\r\n"}})
    handed: list[HandedOver] = []
    with SmtpSink(behaviour) as sink, route_to(sink) as route:
        with pytest.raises(RouteUnavailable):
            list(_kept(handed, route.send(mails(6), is_exercise=False)))
        behaviour.answers.clear()
        rest = [mail(f"p{number}") for number in range(len(handed), 6)]
        handed += route.send(rest, is_exercise=False)
    assert outcomes(handed) == [Outcome.ACCEPTED] * 6
    assert sink.recipients == [f"p{number}@people.example" for number in range(6)]


def test_a_provider_that_refuses_us_closes_the_route_not_the_recipients() -> None:
    behaviour = Behaviour(answers={"RCPT": {".": b"554 5.7.1 bad reputation\r\n"}})
    code, handed, _sink = close_code(behaviour)
    assert code == "smtp-sender-refused"
    assert outcomes(handed) == [Outcome.SENDER_REFUSED] * 10


# --- leaving early -------------------------------------------------------------------------------


def test_a_batch_left_early_sends_nothing_more_and_the_next_one_is_clean() -> None:
    with SmtpSink() as sink, route_to(sink) as route:
        first = route.send(mails(5), is_exercise=False)
        next(first)
        # `first` is still referred to, as it would be from a traceback.
        second = list(route.send([mail("later"), mail("last")], is_exercise=False))
        assert outcomes(second) == [Outcome.ACCEPTED] * 2
        with pytest.raises(RuntimeError):
            next(first)
        del first
        gc.collect()
        assert outcomes(list(route.send([mail("end")], is_exercise=False))) == [Outcome.ACCEPTED]
    assert sink.recipients == [
        "p0@people.example", "later@people.example", "last@people.example", "end@people.example"
    ]  # fmt: skip


def test_a_source_that_fails_stops_at_once() -> None:
    class Stopped(Exception):
        pass

    def source() -> Iterator[OutgoingMail]:
        yield mail("p0")
        yield mail("p1")
        raise Stopped

    handed: list[HandedOver] = []
    with SmtpSink() as sink, route_to(sink) as route:
        with pytest.raises(Stopped):
            list(_kept(handed, route.send(source(), is_exercise=False)))
        list(route.send([mail("p2")], is_exercise=False))
    assert outcomes(handed) == [Outcome.ACCEPTED]
    assert sink.recipients == ["p0@people.example", "p2@people.example"]


def test_a_connection_the_server_closed_between_batches_is_no_outage() -> None:
    with SmtpSink(Behaviour(answers={"RSET": {".": None}})) as sink, route_to(sink) as route:
        list(route.send(mails(1), is_exercise=False))
        sink.behaviour.goodbye_after = 1
        assert outcomes(list(route.send(mails(1), is_exercise=False))) == [Outcome.ACCEPTED]
        assert sink.connections == 2
