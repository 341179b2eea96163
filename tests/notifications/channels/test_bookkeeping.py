"""Whatever goes wrong, what a channel reports is what the receivers hold.

Random servers: each recipient meets one of many fates, connections end at random. Then every
message is compared: accepted means held once, refused or put off means not held, unknown at
most once, and what was not reported was not sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.channels.httpsms import HttpSmsRoute, SmsGateway
from notifications.channels.protocol import (
    Channel,
    HandedOver,
    Outcome,
    OutgoingMail,
    OutgoingSms,
    RouteUnavailable,
)
from notifications.channels.smtp import SmtpRoute
from notifications.channels.smtp_session import SmtpEndpoint
from tests.notifications.channels.sinks import Answer, Behaviour, SmsSink, SmtpSink

Message = TypeVar("Message", OutgoingMail, OutgoingSms)

MAIL_FATES: dict[str, tuple[str, bytes | None]] = {
    "sender-later": ("MAIL", b"451 4.7.1 later\r\n"),
    "sender-disk-full": ("MAIL", b"452 4.3.1 full\r\n"),
    "sender-goodbye": ("MAIL", b"421 4.7.0 bye\r\n"),
    "unknown-user": ("RCPT", b"550 5.1.1 unknown\r\n"),
    "user-later": ("RCPT", b"450-4.2.1 not\r\n450 4.2.1 now\r\n"),
    "policy": ("RCPT", b"554 5.7.1 policy\r\n"),
    "user-goodbye": ("RCPT", b"421 4.7.0 bye\r\n"),
    "user-hangs-up": ("RCPT", None),
    "data-later": ("DATA", b"451 4.3.0 later\r\n"),
    "data-refused": ("DATA", b"554 5.7.1 no\r\n"),
    "data-hangs-up": ("DATA", None),
    "text-refused": ("TEXT", b"552 5.3.4 too big\r\n"),
    "text-later": ("TEXT", b"451 4.3.0 later\r\n"),
    "text-goodbye": ("TEXT", b"421 4.3.2 bye\r\n"),
    "text-lost": ("TEXT", None),
    "text-garbled": ("TEXT", b"+nonsense\r\n"),
    "text-kept-but-disowned": ("TEXT", b"+250-odd\r\n250 2.0.0 fine\r\n"),
}
SMS_FATES = {
    "refused": Answer(400, {"error": "invalid_destination"}),
    "text-refused": Answer(400, {"error": "invalid_text"}),
    "sender-refused": Answer(400, {"error": "invalid_sender"}),
    "closed": Answer(503, {}, {"Retry-After": "1"}),
    "forbidden": Answer(403, {}),
    "lost": Answer(0),
    "accepted-and-closed": Answer(202, {"id": "x1"}, {"Connection": "close"}),
}


def fates(kinds: Iterator[str] | list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(
        st.one_of(st.just(""), st.just(""), st.sampled_from(sorted(kinds))), min_size=1, max_size=14
    )


def reported(route: Channel[Message], messages: list[Message]) -> list[HandedOver]:
    """Return one outcome per message reported before the route closed, if it closed."""
    found: list[HandedOver] = []
    try:
        for handed_over in route.send(iter(messages), is_exercise=False):
            found.append(handed_over)
    except RouteUnavailable:
        pass
    return found


def assert_agrees(names: list[str], found: list[HandedOver], held: Counter[str]) -> None:
    assert len(found) <= len(names)
    for place, name in enumerate(names):
        outcome = found[place].outcome if place < len(found) else None
        if outcome is Outcome.ACCEPTED:
            assert held[name] == 1
        elif outcome is Outcome.UNKNOWN:
            assert held[name] <= 1
        else:
            assert held[name] == 0
    assert not set(held) - set(names)


@settings(max_examples=150)
@given(
    plan=fates(list(MAIL_FATES)),
    pipelines=st.booleans(),
    goes_ahead=st.booleans(),
    goodbye_after=st.one_of(st.none(), st.integers(1, 4)),
    per_connection=st.integers(1, 5),
)
def test_mail_is_reported_as_it_was_received(
    plan: list[str],
    pipelines: bool,
    goes_ahead: bool,
    goodbye_after: int | None,
    per_connection: int,
) -> None:
    behaviour = Behaviour(
        ("PIPELINING", "8BITMIME") if pipelines else (),
        goes_ahead_after_refusal=goes_ahead,
        goodbye_after=goodbye_after,
    )
    for place, fate in enumerate(plan):
        if fate:
            verb, answer = MAIL_FATES[fate]
            behaviour.answers.setdefault(verb, {})[f"[<^][vp]{place}@|^p{place}@"] = answer
    messages = [
        OutgoingMail(f"p{place}@x.example", "<1@x.example>", b"Hi\r\n", f"v{place}@x.example")
        for place in range(len(plan))
    ]
    with SmtpSink(behaviour) as sink:
        endpoint = SmtpEndpoint("127.0.0.1", sink.port)
        with SmtpRoute(
            endpoint, is_exercise=False, messages_per_connection=per_connection
        ) as route:
            found = reported(route, messages)
    names = [f"p{place}@x.example" for place in range(len(plan))]
    assert_agrees(names, found, Counter(sink.recipients))
    if not any(plan) and goodbye_after is None:
        assert [one.outcome for one in found] == [Outcome.ACCEPTED] * len(plan)


@settings(max_examples=150)
@given(plan=fates(list(SMS_FATES)), connections=st.integers(1, 4), per_connection=st.integers(1, 5))
def test_sms_are_reported_as_they_were_received(
    plan: list[str], connections: int, per_connection: int
) -> None:
    names = [f"+1555010{place:03}" for place in range(len(plan))]
    by_number = {name: SMS_FATES[fate] for name, fate in zip(names, plan, strict=True) if fate}
    messages = [OutgoingSms(name, "Hi", f"r{place}", 60) for place, name in enumerate(names)]
    with SmsSink(by_number.get) as sink:
        gateway = SmsGateway(
            "127.0.0.1", sink.port, "/", "ABROAD", is_encrypted=False, connections=connections
        )
        with HttpSmsRoute(
            gateway, is_exercise=False, messages_per_connection=per_connection
        ) as route:
            found = reported(route, messages)
    assert_agrees(names, found, Counter(sink.recipients))
    if not any(plan):
        assert [one.outcome for one in found] == [Outcome.ACCEPTED] * len(plan)
