"""The SMPP client against an SMSC that really answers and really fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from notifications.channels.protocol import (
    HandedOver,
    Outcome,
    OutgoingSms,
    RouteUnavailable,
    WrongRoute,
)
from notifications.channels.smpp import SmppRoute
from notifications.channels.smpp_session import SmppSession, Smsc
from notifications.channels.smpp_statuses import THROTTLED, outcome_of
from notifications.channels.smpp_wire import DeliverSm, relative_validity
from notifications.channels.sms_octets import gsm_octets, gsm_text, split_header
from tests.notifications.channels.smsc import HANG_UP, LEAVE, SILENCE, SmscSink, delivery

EACH_WINDOW = pytest.mark.parametrize("window", [1, 4, 25])


def number(place: int) -> str:
    return f"+1555010{place:04}"


def sms(place: int = 0, text: str = "Fire. Stay inside.", seconds: int = 3600) -> OutgoingSms:
    return OutgoingSms(number(place), text, f"r-{place}", seconds)


def batch(count: int, start: int = 0) -> Iterator[OutgoingSms]:
    return (sms(place) for place in range(start, count))


def route_to(
    sink: SmscSink, *, window: int = 10, take: Callable[[DeliverSm], None] | None = None,
    **changes: Any,
) -> SmppRoute:  # fmt: skip
    given: dict[str, Any] = {"password": "s3cret", "sender": "ABROAD", **changes}
    smsc = Smsc("127.0.0.1", sink.port, "registry", window=window, **given)
    return SmppRoute(smsc, is_exercise=False, take=take)


def told(route: SmppRoute, messages: Iterator[OutgoingSms]) -> list[HandedOver]:
    return list(route.send(messages, is_exercise=False))


def by_number(answers: dict[int, int]) -> Callable[[str, int], int]:
    known = {number(place): status for place, status in answers.items()}
    return lambda asked, _times: known.get(asked, 0)


def once(answers: dict[int, int]) -> Callable[[str, int], int]:
    known = {number(place): status for place, status in answers.items()}
    return lambda asked, times: known.get(asked, 0) if times == 1 else 0


# --- the good days --------------------------------------------------------------------


@EACH_WINDOW
def test_each_message_arrives_once_and_outcomes_come_in_order(window: int) -> None:
    with SmscSink() as sink, route_to(sink, window=window) as route:
        outcomes = told(route, batch(60))
        assert sink.numbers == [number(place) for place in range(60)]
        assert [one.provider_reference for one in outcomes] == [
            part.message_id for part in sink.parts
        ]
        assert {one.outcome for one in outcomes} == {Outcome.ACCEPTED}
        # A second batch goes over the same bind.
        told(route, batch(70, start=60))
        assert sink.binds == ["transmitter"]
    assert sink.unbinds == 1


def test_answers_out_of_order_find_their_messages() -> None:
    with SmscSink(shuffles=8) as sink, route_to(sink, window=8) as route:
        outcomes = told(route, batch(32))
        references = {part.number: part.message_id for part in sink.parts}
        assert [one.provider_reference for one in outcomes] == [
            references[number(place)] for place in range(32)
        ]


@EACH_WINDOW
def test_no_more_messages_are_pulled_than_the_window_holds(window: int) -> None:
    pulled = 0

    def counted() -> Iterator[OutgoingSms]:
        nonlocal pulled
        for message in batch(40):
            pulled += 1
            yield message

    with SmscSink() as sink, route_to(sink, window=window) as route:
        for done, _outcome in enumerate(route.send(counted(), is_exercise=False)):
            assert pulled - done <= window
    assert pulled == 40


def test_what_the_smsc_is_told_of_a_message() -> None:
    with SmscSink() as sink, route_to(sink) as route:
        told(route, iter([sms(0, "Stay in [zone 3]: 5€", seconds=90061)]))
        (part,) = sink.parts
        assert (part.source, part.source_ton) == ("ABROAD", 5)
        assert part.validity == "000001010101000R"
        assert (part.esm_class, part.registered_delivery, part.data_coding) == (0, 1, 0)
        assert gsm_text(part.octets) == "Stay in [zone 3]: 5€"


@pytest.mark.parametrize(
    ("text", "parts", "coding"),
    [
        ("a" * 152 + "€" + "a" * 152, 3, 0),
        ("a" * 152 + "€", 1, 0),
        ("Покиньте будинок. " * 9, 3, 8),
        ("ش" * 66 + "👩‍👩‍👧" + "ش" * 66, 3, 8),
        ("😀" * 34 + "abc", 2, 8),
    ],
)
def test_a_long_text_is_cut_by_us_and_whole_again_at_the_phone(
    text: str, parts: int, coding: int
) -> None:
    with SmscSink() as sink, route_to(sink, window=1) as route:
        (outcome,) = told(route, iter([sms(0, text)]))
        assert outcome.outcome is Outcome.ACCEPTED
        assert len(sink.parts) == parts
        assert {part.data_coding for part in sink.parts} == {coding}
        places = [split_header(part.octets)[0] for part in sink.parts if parts > 1]
        assert [(place.number, place.count) for place in places if place] == [
            (position, parts) for position in range(1, parts + 1) if parts > 1
        ]
        # Each part alone is whole text: neither an escape nor a surrogate pair is torn.
        decode = gsm_text if coding == 0 else lambda octets: octets.decode("utf-16-be")
        assert "".join(decode(part.body) for part in sink.parts) == text
        assert all(len(part.octets) <= (160 if coding == 0 else 140) for part in sink.parts)
        # The receipt of the last part speaks for the message.
        assert [part.registered_delivery for part in sink.parts] == [0] * (parts - 1) + [1]
        assert outcome.provider_reference == sink.parts[-1].message_id


# --- what is refused ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (0x0B, Outcome.REFUSED),
        (0x45, Outcome.DEFERRED),
        (0x62, Outcome.MESSAGE_REFUSED),
        (0x0A, Outcome.SENDER_REFUSED),
        (0x08, Outcome.UNKNOWN),
        (0x401, Outcome.SENDER_REFUSED),
    ],
)
def test_a_refusal_concerns_its_message_alone(status: int, outcome: Outcome) -> None:
    with SmscSink(planned=by_number({3: status})) as sink, route_to(sink) as route:
        outcomes = told(route, batch(8))
        assert outcomes[3] == HandedOver(outcome, "", f"smpp-0x{status:02x}")
        assert sum(one.outcome is Outcome.ACCEPTED for one in outcomes) == 7


def test_a_text_of_nothing_is_refused_before_it_leaves() -> None:
    with SmscSink() as sink, route_to(sink) as route:
        outcomes = told(route, iter([sms(0, ""), sms(1)]))
        assert [one.outcome for one in outcomes] == [Outcome.MESSAGE_REFUSED, Outcome.ACCEPTED]
        assert sink.numbers == [number(1)]


def test_no_status_is_forgotten() -> None:
    for status in range(1, 0x500):
        assert status in THROTTLED or isinstance(outcome_of(status), Outcome)


# --- too fast -------------------------------------------------------------------------


@pytest.mark.parametrize("status", [0x58, 0x14])
def test_too_fast_costs_nobody_an_attempt(status: int) -> None:
    plan = once(dict.fromkeys(range(5, 15), status))
    with SmscSink(planned=plan) as sink, route_to(sink, window=5) as route:
        outcomes = told(route, batch(30))
        assert {one.outcome for one in outcomes} == {Outcome.ACCEPTED}
        assert sorted(sink.numbers) == [number(place) for place in range(30)]


def test_an_unknown_limit_is_found_and_kept() -> None:
    with SmscSink(most_per_second=400) as sink, route_to(sink, window=10) as route:
        outcomes = told(route, batch(300))
        assert {one.outcome for one in outcomes} == {Outcome.ACCEPTED}
        assert sorted(sink.numbers) == [number(place) for place in range(300)]
        assert 0 < sink.throttled < 300


def test_parts_of_one_message_survive_being_throttled_apart() -> None:
    with SmscSink(planned=once({0: 0x58})) as sink, route_to(sink) as route:
        (outcome,) = told(route, iter([sms(0, "long " * 60)]))
        assert outcome.outcome is Outcome.ACCEPTED
        places = sorted(split_header(part.octets)[0].number for part in sink.parts)  # type: ignore[union-attr]
        assert places == [1, 2]


def test_a_route_that_stays_throttled_closes_and_spends_no_attempt() -> None:
    plan = by_number({4: 0x58})
    with SmscSink(planned=plan) as sink, route_to(sink, window=4) as route:
        pulled: list[HandedOver] = []
        with pytest.raises(RouteUnavailable) as closed:
            for outcome in route.send(batch(12), is_exercise=False):
                pulled.append(outcome)
        assert closed.value.code == "smpp-throttled"
        assert [one.outcome for one in pulled[:4]] == [Outcome.ACCEPTED] * 4
        # What was accepted behind it has to be told, so it is told too, without an attempt.
        assert pulled[4] == HandedOver(Outcome.DEFERRED, "", "smpp-throttled", False)
        assert len(pulled) - 1 == len(sink.parts)


def test_an_agreed_rate_is_kept() -> None:
    with SmscSink() as sink, route_to(sink, parts_per_second=50.0) as route:
        began = time.monotonic()
        told(route, batch(30))
        # At 50 a second with a tenth of a second of burst; slower is never wrong.
        assert time.monotonic() - began >= 25 / 50 - 0.1
        assert len(sink.parts) == 30


# --- lost connections -----------------------------------------------------------------


@EACH_WINDOW
@pytest.mark.parametrize("failing", [HANG_UP, SILENCE])
def test_a_lost_connection_leaves_its_window_unknown_and_the_rest_untouched(
    window: int, failing: int
) -> None:
    plan = once({9: failing})
    with SmscSink(planned=plan) as sink, route_to(sink, window=window, answer_timeout=0.3) as route:
        outcomes = told(route, batch(40))
    assert len(outcomes) == 40
    accepted = {number(p) for p, one in enumerate(outcomes) if one.outcome is Outcome.ACCEPTED}
    unknown = {number(p) for p, one in enumerate(outcomes) if one.outcome is Outcome.UNKNOWN}
    assert accepted | unknown == {number(place) for place in range(40)}
    assert number(9) in unknown
    assert len(unknown) <= window
    # Nobody counted as accepted is missing, and nobody got a copy.
    assert accepted <= set(sink.numbers)
    assert max(sink.asked.values()) == 1
    assert len(sink.binds) == 2


def test_an_smsc_that_leaves_is_heard_out_and_found_again() -> None:
    with SmscSink(planned=once({9: LEAVE})) as sink, route_to(sink, window=5) as route:
        outcomes = told(route, batch(30))
        assert sum(one.outcome is Outcome.UNKNOWN for one in outcomes) <= 1
        assert {one.outcome for one in outcomes} <= {Outcome.ACCEPTED, Outcome.UNKNOWN}
        assert max(sink.asked.values()) == 1
        assert len(sink.binds) == 2


def test_a_connection_that_never_works_closes_the_route() -> None:
    with SmscSink(planned=lambda _number, _try: HANG_UP) as sink, route_to(sink) as route:
        seen = []
        with pytest.raises(RouteUnavailable):
            for outcome in route.send(batch(200), is_exercise=False):
                seen.append(outcome.outcome)
        assert set(seen) == {Outcome.UNKNOWN}
        assert len(seen) == 10


def test_a_wrong_password_closes_the_route_before_anything_leaves() -> None:
    with SmscSink() as sink, route_to(sink, password="other") as route:
        with pytest.raises(RouteUnavailable) as closed:
            told(route, batch(3))
        assert closed.value.code == "smpp-0x0e-bind"
        assert not sink.parts


def test_nobody_at_the_other_end_closes_the_route() -> None:
    with SmscSink() as sink:
        port = sink.port
    route = SmppRoute(Smsc("127.0.0.1", port, "registry"), is_exercise=False)
    with pytest.raises(RouteUnavailable, match="smpp-connect"):
        told(route, batch(3))


def test_an_exercise_never_opens_a_live_bind() -> None:
    with SmscSink() as sink, route_to(sink) as route:
        with pytest.raises(WrongRoute):
            list(route.send(batch(1), is_exercise=True))
        assert not sink.binds


def test_a_batch_left_early_does_not_reach_the_next() -> None:
    with SmscSink(latency=0.02) as sink, route_to(sink, window=5) as route:
        for outcome in route.send(batch(20), is_exercise=False):
            assert outcome.outcome is Outcome.ACCEPTED
            break
        outcomes = told(route, batch(24, start=20))
        kept = {part.number: part.message_id for part in sink.parts}
        assert [one.provider_reference for one in outcomes] == [
            kept[number(place)] for place in range(20, 24)
        ]


# --- the link itself ------------------------------------------------------------------


def test_a_silent_link_is_asked_for_a_sign_of_life() -> None:
    with SmscSink() as sink, route_to(sink, enquire_seconds=0.05) as route:
        told(route, batch(1))
        time.sleep(0.1)
        told(route, batch(2, start=1))
        assert sink.enquiries == 1
        assert len(sink.binds) == 1


def test_what_is_delivered_is_kept_before_it_is_acknowledged() -> None:
    kept: list[DeliverSm] = []
    fails = [True]

    def take(message: DeliverSm) -> None:
        assert len(sink.acknowledged) == len(kept) + (not fails)
        if fails:
            fails.clear()
            raise OSError("the database is away")
        kept.append(message)

    with SmscSink() as sink:
        smsc = Smsc("127.0.0.1", sink.port, "registry", "s3cret")
        session = SmppSession(smsc, bind="receiver", take=take)
        for _time in range(2):
            sink.deliver(delivery(source="+96170123456", octets=gsm_octets("HELP")))
            session.read(0.3)
        session.close()
        # "Later" while it could not be kept, and only then "yes".
        assert sink.acknowledged == [0x64, 0]
        assert [message.octets for message in kept] == [b"HELP"]


def test_a_sender_without_a_store_leaves_deliveries_with_the_smsc() -> None:
    with SmscSink() as sink, route_to(sink, bind="transceiver") as route:
        told(route, batch(1))
        sink.deliver(delivery(source="+96170123456", octets=b"HELP"))
        time.sleep(0.05)
        told(route, batch(2, start=1))
        told(route, batch(3, start=2))
        assert sink.acknowledged == [0x64]


def test_validity_is_relative_and_never_longer_than_a_fortnight() -> None:
    assert relative_validity(60) == "000000000100000R"
    assert relative_validity(10**9) == "000014000000000R"
