"""Several providers behind one way out: by number, by weight, past those that are closed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.protocol import HandedOver, Outcome, OutgoingSms, RouteUnavailable
from notifications.channels.smpp import SmppRoute
from notifications.channels.smpp_session import Smsc
from notifications.channels.sms_group import Member, SmsRouteGroup
from notifications.channels.weighing import Scale
from notifications.provider_names import full_reference, providers
from tests.notifications.channels.smsc import HANG_UP, SmscSink


def sms(number: str) -> OutgoingSms:
    return OutgoingSms(number, "Fire. Stay inside.", "r", 3600)


def member(
    name: str, sink: SmscSink, *prefixes: str, weight: int = 100, window: int = 5, port: int = 0
) -> Member:
    smsc = Smsc(
        "127.0.0.1", port or sink.port, "registry", "s3cret", sender="ABROAD", window=window
    )
    return Member(name, SmppRoute(smsc, is_exercise=False), prefixes, Scale(weight))


def told(group: SmsRouteGroup, numbers: Iterator[str] | list[str]) -> list[HandedOver]:
    return list(group.send((sms(number) for number in numbers), is_exercise=False))


def mixed(count: int) -> list[str]:
    return [f"+{'961' if place % 2 else '355'}70{place:06}" for place in range(count)]


def test_each_number_goes_to_the_provider_of_its_country_and_outcomes_keep_their_order() -> None:
    with SmscSink() as home, SmscSink() as world:
        members = [member("home", home, "+961"), member("world", world)]
        with SmsRouteGroup(members, is_exercise=False) as group:
            numbers = mixed(60)
            outcomes = told(group, numbers)
        assert [one.provider for one in outcomes] == ["world", "home"] * 30
        assert home.numbers == numbers[1::2]
        assert world.numbers == numbers[0::2]
        # Two providers may use the same ids.
        references = [one.provider_reference for one in outcomes]
        assert len(set(references)) == 60
        assert all(reference.startswith(("home:", "world:")) for reference in references)


def test_a_provider_that_cannot_be_reached_is_passed_by() -> None:
    with SmscSink() as gone:
        port = gone.port
    with SmscSink() as other:
        members = [member("gone", other, "+961", port=port), member("other", other)]
        with SmsRouteGroup(members, is_exercise=False) as group:
            outcomes = told(group, mixed(40))
        assert {(one.provider, one.outcome) for one in outcomes} == {("other", Outcome.ACCEPTED)}
        assert sorted(other.numbers) == sorted(mixed(40))


def test_a_provider_that_fails_in_the_middle_loses_nobody_and_repeats_nobody() -> None:
    breaks = {"+96170000015"}
    with SmscSink(planned=lambda n, _try: 0x04 if n in breaks else 0) as weak, SmscSink() as firm:
        members = [member("weak", weak, "+961"), member("firm", firm)]
        with SmsRouteGroup(members, is_exercise=False) as group:
            numbers = [f"+961700000{place:02}" for place in range(60)]
            outcomes = told(group, numbers)
        got = weak.numbers + firm.numbers
        accepted = [
            n for n, o in zip(numbers, outcomes, strict=True) if o.outcome is Outcome.ACCEPTED
        ]
        assert set(accepted) <= set(got)
        assert len(got) == len(set(got))
        put_off = [one for one in outcomes if one.outcome is not Outcome.ACCEPTED]
        assert all(one.outcome is Outcome.DEFERRED and not one.spends_attempt for one in put_off)
        assert firm.numbers


def test_a_number_without_an_open_provider_waits_and_the_others_go_on() -> None:
    with SmscSink() as gone:
        port = gone.port
    with SmscSink() as other:
        members = [member("gone", other, "+961", port=port), member("other", other, "+355")]
        with SmsRouteGroup(members, is_exercise=False) as group:
            outcomes = told(group, mixed(20))
    assert [one.outcome for one in outcomes] == [Outcome.ACCEPTED, Outcome.DEFERRED] * 10
    assert not any(one.spends_attempt for one in outcomes[1::2])


def test_when_all_are_closed_the_route_is_closed() -> None:
    with SmscSink() as gone:
        port = gone.port
    group = SmsRouteGroup([member("gone", gone, port=port)], is_exercise=False)
    with pytest.raises(RouteUnavailable) as closed:
        told(group, mixed(3))
    assert closed.value.retry_after


def test_weights_share_the_traffic() -> None:
    with SmscSink() as most, SmscSink() as some:
        members = [member("most", most, weight=300), member("some", some, weight=100)]
        with SmsRouteGroup(members, is_exercise=False) as group:
            for _batch in range(80):
                told(group, mixed(1))
        # 60 expected of 80; fewer than 40 happens once in a million runs.
        assert len(most.parts) > 40
        assert len(most.parts) + len(some.parts) == 80


def test_a_lost_connection_is_not_sent_again_by_another_provider() -> None:
    plan = {"+96170000003"}
    with SmscSink(planned=lambda n, _t: HANG_UP if n in plan else 0) as weak, SmscSink() as firm:
        members = [member("weak", weak, "+961", window=1), member("firm", firm)]
        with SmsRouteGroup(members, is_exercise=False) as group:
            numbers = [f"+961700000{place:02}" for place in range(8)]
            outcomes = told(group, numbers)
        assert outcomes[3].outcome is Outcome.UNKNOWN
        assert sorted(weak.numbers + firm.numbers) == numbers


# --- the scale ------------------------------------------------------------------------


def test_a_bad_provider_loses_weight_in_steps_and_wins_it_back_slowly() -> None:
    now = [1000.0]
    scale = Scale(100, clock=lambda: now[0])
    for _second in range(3):
        for _message in range(40):
            scale.note(Outcome.SENDER_REFUSED, 0.1)
        now[0] += 61
    assert scale.weight == pytest.approx(70)
    now[0] += 14 * 60
    weights = []
    for _minute in range(30):
        now[0] += 60
        weights.append(round(scale.weight))
    assert weights[0] == 80
    assert weights[-1] == 100
    assert all(0 <= b - a <= 10 for a, b in itertools.pairwise(weights))


def test_a_slow_provider_loses_weight_and_wrong_numbers_cost_none() -> None:
    slow, unlucky = Scale(100), Scale(100)
    for _message in range(50):
        slow.note(Outcome.ACCEPTED, 9.0)
        unlucky.note(Outcome.REFUSED, 0.1)
    assert slow.weight == pytest.approx(90)
    assert unlucky.weight == 100


@given(st.lists(st.tuples(st.sampled_from([*Outcome, None]), st.floats(0, 3600)), max_size=200))
def test_weight_stays_between_something_and_its_share(
    events: list[tuple[Outcome | None, float]],
) -> None:
    now = [0.0]
    scale = Scale(100, clock=lambda: now[0])
    for outcome, seconds in events:
        now[0] += seconds
        if outcome is None:
            scale.close(None)
        else:
            scale.note(outcome, seconds / 100)
        assert 1 <= scale.weight <= 100


# --- settings -------------------------------------------------------------------------


def test_providers_are_read_from_the_settings(settings: object) -> None:
    settings.SMS_ROUTES = '[{"name": "alfa", "url": "smpp://u:p@h", "prefixes": ["+961"]}]'  # type: ignore[attr-defined]
    (only,) = providers()
    assert (only.name, only.prefixes, only.weight) == ("alfa", ("+961",), 100)
    assert full_reference("alfa", "7f") == "alfa:7f"
    assert full_reference("other", "7f") == "7f"


@pytest.mark.parametrize(
    "text",
    [
        "{", "[]", "[1]", '[{"name": "A B", "url": "x"}]', '[{"name": "a"}]',
        '[{"name": "a", "url": "x", "prefixes": ["961"]}]', '[{"name": "a", "url": "x", "on": 1}]',
        '[{"name": "a", "url": "x"}, {"name": "a", "url": "y"}]',
        '[{"name": "a", "url": "x", "weight": "much"}]',
    ],
)  # fmt: skip
def test_a_wrong_list_of_providers_stops_the_start_and_shows_no_secret(
    settings: object, text: str
) -> None:
    settings.SMS_ROUTES = text.replace("x", "smpp://u:s3cret@h")  # type: ignore[attr-defined]
    with pytest.raises(ImproperlyConfigured) as wrong:
        providers()
    assert "s3cret" not in str(wrong.value)
