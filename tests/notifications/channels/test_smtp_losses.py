"""The SMTP client when answers are lost, connections end and routes close."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from notifications.channels.protocol import (
    HandedOver,
    Outcome,
    OutgoingMail,
    RouteUnavailable,
)
from tests.notifications.channels.mails import (
    BOTH_WAYS,
    kept,
    mail,
    mails,
    outcomes,
    route_to,
)
from tests.notifications.channels.sinks import Behaviour, SmtpSink

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
            handed.extend(kept(handed, route.send(mails(9), is_exercise=False)))
    assert closed.value.code == "smtp-answers-lost"
    assert outcomes(handed) == [Outcome.UNKNOWN] * 3
    assert len(sink.received) == 3


# --- closed routes ---------------------------------------------------------------------------


def close_code(behaviour: Behaviour, **options: float) -> tuple[str, list[HandedOver], SmtpSink]:
    handed: list[HandedOver] = []
    with (
        SmtpSink(behaviour) as sink,
        route_to(sink, **options) as route,
        pytest.raises(RouteUnavailable) as closed,
    ):
        list(kept(handed, route.send(mails(30), is_exercise=False)))
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
            list(kept(handed, route.send([long, mail("next")], is_exercise=False)))
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
            list(kept(handed, route.send(mails(6), is_exercise=False)))
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
            list(kept(handed, route.send(source(), is_exercise=False)))
        list(route.send([mail("p2")], is_exercise=False))
    assert outcomes(handed) == [Outcome.ACCEPTED]
    assert sink.recipients == ["p0@people.example", "p2@people.example"]


def test_a_connection_the_server_closed_between_batches_is_no_outage() -> None:
    with SmtpSink(Behaviour(answers={"RSET": {".": None}})) as sink, route_to(sink) as route:
        list(route.send(mails(1), is_exercise=False))
        sink.behaviour.goodbye_after = 1
        assert outcomes(list(route.send(mails(1), is_exercise=False))) == [Outcome.ACCEPTED]
        assert sink.connections == 2
