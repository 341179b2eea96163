"""The SMS gateway client against a gateway that really answers and really fails."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Iterator

import pytest

from notifications.channels.http_answers import json_object, meaning_of
from notifications.channels.httpsms import HttpSmsRoute, SmsGateway
from notifications.channels.protocol import (
    HandedOver,
    Outcome,
    OutgoingSms,
    RouteUnavailable,
    WrongRoute,
)
from tests.notifications.channels.sinks import Answer, SmsSink

EACH_WIDTH = pytest.mark.parametrize("connections", [1, 4])


def number(place: int) -> str:
    return f"+1555010{place:03}"


def sms(place: int = 0) -> OutgoingSms:
    return OutgoingSms(number(place), f"Ще {place}", f"r-{place}", 3600)


def batch(count: int, start: int = 0) -> Iterator[OutgoingSms]:
    return (sms(place) for place in range(start, count))


def route_to(
    sink: SmsSink,
    *,
    connections: int = 1,
    per_connection: int = 1000,
    answer_timeout: float = 15.0,
) -> HttpSmsRoute:
    gateway = SmsGateway(
        "127.0.0.1",
        sink.port,
        "/send",
        sender="ABROAD",
        secret="s3cret",
        is_encrypted=False,
        connections=connections,
        answer_timeout=answer_timeout,
    )
    return HttpSmsRoute(gateway, is_exercise=False, messages_per_connection=per_connection)


def hand_over(route: HttpSmsRoute, messages: Iterator[OutgoingSms]) -> tuple[list[HandedOver], str]:
    """Return what was handed over and the code of the closed route, if it closed."""
    handed: list[HandedOver] = []
    try:
        for one in route.send(messages, is_exercise=False):
            handed.append(one)
    except RouteUnavailable as closed:
        return handed, closed.code
    return handed, ""


@EACH_WIDTH
def test_each_message_is_one_request_with_what_the_gateway_needs(connections: int) -> None:
    with SmsSink() as sink, route_to(sink, connections=connections) as route:
        handed, closed = hand_over(route, batch(20))
    assert closed == ""
    assert [one.outcome for one in handed] == [Outcome.ACCEPTED] * 20
    assert sorted(sink.recipients) == [number(place) for place in range(20)]
    assert sink.connections == connections
    bodies = {str(body["to"]): body for _headers, body in sink.requests}
    assert bodies[number(3)] == {
        "to": number(3),
        "from": "ABROAD",
        "text": "Ще 3",
        "reference": "r-3",
        "validity_seconds": 3600,
    }
    headers = next(headers for headers, body in sink.requests if body["to"] == number(3))
    assert headers["authorization"] == "Bearer s3cret"
    assert headers["idempotency-key"] == "r-3"


def test_references_come_back_in_the_order_of_the_messages() -> None:
    plan = {number(place): Answer(202, {"id": f"m{place}"}) for place in range(9)}
    with SmsSink(plan.get) as sink, route_to(sink, connections=4) as route:
        handed, _closed = hand_over(route, batch(9))
    assert [one.provider_reference for one in handed] == [f"m{place}" for place in range(9)]


@EACH_WIDTH
def test_no_more_than_the_window_is_asked_for(connections: int) -> None:
    with SmsSink() as sink, route_to(sink, connections=connections) as route:
        source = batch(20)
        next(route.send(source, is_exercise=False))
        assert next(source).reference == f"r-{connections}"
        assert route.window == connections


def test_connections_are_changed_after_their_share() -> None:
    with SmsSink() as sink, route_to(sink, per_connection=5) as route:
        handed, _closed = hand_over(route, batch(12))
    assert len(handed) == 12
    assert sink.connections == 3


def test_a_dispatch_leaves_only_by_a_route_of_its_kind() -> None:
    with SmsSink() as sink, route_to(sink) as route:
        with pytest.raises(WrongRoute):
            route.send(batch(1), is_exercise=True)
        assert sink.connections == 0


@EACH_WIDTH
def test_one_refused_number_does_not_touch_its_neighbours(connections: int) -> None:
    refusal = Answer(400, {"error": "invalid_destination", "detail": number(3)})
    plan = {number(3): refusal}
    with SmsSink(plan.get) as sink, route_to(sink, connections=connections) as route:
        handed, closed = hand_over(route, batch(8))
    assert closed == ""
    assert handed[3] == HandedOver(Outcome.REFUSED, "", "http-400-invalid_destination")
    assert [one.outcome for one in handed].count(Outcome.ACCEPTED) == 7


@EACH_WIDTH
@pytest.mark.parametrize(
    ("status", "code"), [(0, "http-lost-after-request"), (-1, "http-timeout-after-request")]
)
def test_a_lost_answer_leaves_one_message_unknown_and_the_rest_go_out_once(
    status: int, code: str, connections: int
) -> None:
    plan = {number(2): Answer(status)}
    with (
        SmsSink(plan.get) as sink,
        route_to(sink, connections=connections, answer_timeout=1.5) as route,
    ):
        handed, closed = hand_over(route, batch(8))
    assert closed == ""
    assert handed[2] == HandedOver(Outcome.UNKNOWN, "", code)
    assert [one.outcome for one in handed].count(Outcome.ACCEPTED) == 7
    assert sorted(sink.recipients) == [number(place) for place in range(8)]


@EACH_WIDTH
@pytest.mark.parametrize("status", [401, 403, 404, 408, 429, 500, 503])
def test_a_closed_gateway_loses_and_copies_nothing(status: int, connections: int) -> None:
    plan = {number(place): Answer(status, {"error": "busy"}) for place in (3, 4)}
    with SmsSink(plan.get) as sink, route_to(sink, connections=connections) as route:
        handed, closed = hand_over(route, batch(12))
        assert closed == f"http-{status}"
        plan.clear()
        # What was not yielded is sent again; what was put off, too.
        retry = [
            place
            for place in range(12)
            if place >= len(handed) or handed[place].outcome is Outcome.DEFERRED
        ]
        again, closed = hand_over(route, (sms(place) for place in retry))
    assert closed == ""
    assert [one.outcome for one in again] == [Outcome.ACCEPTED] * len(retry)
    assert sorted(sink.recipients) == [number(place) for place in range(12)]


def test_messages_behind_a_closed_gate_that_were_taken_are_told() -> None:
    plan = {number(0): Answer(503, {}), number(2): Answer(503, {})}
    with SmsSink(plan.get) as sink, route_to(sink, connections=4) as route:
        handed, closed = hand_over(route, batch(9))
    assert closed == "http-503"
    assert handed[0] == HandedOver(Outcome.DEFERRED, "", "http-503")
    assert handed[2].outcome is Outcome.DEFERRED
    assert [handed[1].outcome, handed[3].outcome] == [Outcome.ACCEPTED] * 2
    assert len(handed) == 4
    assert sorted(sink.recipients) == [number(1), number(3)]


def test_the_gateway_says_when_to_come_back() -> None:
    with (
        SmsSink(lambda _to: Answer(429, {}, {"Retry-After": "7"})) as sink,
        route_to(sink) as route,
        pytest.raises(RouteUnavailable) as closed,
    ):
        list(route.send(batch(1), is_exercise=False))
    assert closed.value.retry_after == 7.0


def test_nobody_listens() -> None:
    with SmsSink() as sink:
        route = route_to(sink, connections=2)
    assert hand_over(route, batch(3)) == ([], "http-connect")


def test_a_gateway_that_refuses_us_closes_the_route_not_the_numbers() -> None:
    refusal = Answer(400, {"error": "invalid_sender"})
    with SmsSink(lambda _to: refusal) as sink, route_to(sink) as route:
        handed, closed = hand_over(route, batch(30))
    assert closed == "http-sender-refused"
    assert {one.outcome for one in handed} == {Outcome.SENDER_REFUSED}
    assert len(handed) == 10


def test_answers_lost_again_and_again_close_the_route() -> None:
    with SmsSink(lambda _to: Answer(0)) as sink, route_to(sink) as route:
        handed, closed = hand_over(route, batch(9))
    assert closed == "http-answers-lost"
    assert len(handed) == len(sink.requests) == 3


@EACH_WIDTH
def test_a_batch_left_early_does_not_lend_its_answers_to_the_next(connections: int) -> None:
    plan = {number(place): Answer(202, {"id": f"m{place}"}) for place in range(20)}
    with SmsSink(plan.get) as sink, route_to(sink, connections=connections) as route:
        first = route.send(batch(9), is_exercise=False)
        next(first)
        handed, closed = hand_over(route, batch(13, start=10))
        assert closed == ""
        assert [one.provider_reference for one in handed] == ["m10", "m11", "m12"]
        with pytest.raises(RuntimeError):
            next(first)


def test_a_connection_the_gateway_closed_meanwhile_is_no_outage() -> None:
    plan = {number(0): Answer(202, {"id": "m0"}, {"Connection": "close"})}
    with SmsSink(plan.get) as sink, route_to(sink) as route:
        for _batch in range(2):
            handed, closed = hand_over(route, batch(2))
            assert closed == ""
            assert [one.outcome for one in handed] == [Outcome.ACCEPTED] * 2
        assert sink.connections == 3


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (200, {"id": "a1"}, HandedOver(Outcome.ACCEPTED, "a1", "http-200")),
        (202, {"id": 77}, HandedOver(Outcome.ACCEPTED, "77", "http-202")),
        (202, {"id": "a b"}, HandedOver(Outcome.ACCEPTED, "", "http-202")),
        (202, {}, HandedOver(Outcome.ACCEPTED, "", "http-202")),
        (502, {}, HandedOver(Outcome.UNKNOWN, "", "http-502")),
        (504, {}, HandedOver(Outcome.UNKNOWN, "", "http-504")),
        (
            422,
            {"error": "text_too_long"},
            HandedOver(Outcome.MESSAGE_REFUSED, "", "http-422-text_too_long"),
        ),
        (400, {"error": "opted_out"}, HandedOver(Outcome.REFUSED, "", "http-400-opted_out")),
        (400, {"error": "+15550100 is wrong"}, HandedOver(Outcome.SENDER_REFUSED, "", "http-400")),
        (400, {"error": "bad_15550100"}, HandedOver(Outcome.SENDER_REFUSED, "", "http-400")),
        (400, {"error": {"to": "x"}}, HandedOver(Outcome.SENDER_REFUSED, "", "http-400")),
    ],
)
def test_what_an_answer_means(status: int, answer: dict[str, object], expected: object) -> None:
    assert meaning_of(status, "", answer) == expected


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"\xff", b"[" * 60_000])
def test_an_answer_that_is_no_json_object_counts_as_empty(body: bytes) -> None:
    assert json_object(body) == {}


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("30", 30, 30),
        ("999999999", 3600, 3600),
        ("-5", None, None),
        ("soon", None, None),
        ("", None, None),
        # Written when the test runs: in 100 seconds from then.
        ("{in_100_seconds}", 50, 101),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0, 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(
    header: str, low: float | None, high: float | None
) -> None:
    soon = email.utils.formatdate(time.time() + 100, usegmt=True)
    closed = meaning_of(503, header.format(in_100_seconds=soon), {})
    assert isinstance(closed, RouteUnavailable)
    if low is None or high is None:
        assert closed.retry_after is None
    else:
        assert closed.retry_after is not None
        assert low <= closed.retry_after <= high
