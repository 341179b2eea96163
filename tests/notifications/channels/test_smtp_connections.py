"""The SMTP client with several connections: order, the window, and what a loss may cost."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from notifications.channels.addresses import TwoRecipients
from notifications.channels.protocol import HandedOver, Outcome, OutgoingMail, RouteUnavailable
from notifications.channels.smtp import SmtpRoute
from notifications.channels.smtp_session import SmtpEndpoint
from tests.notifications.channels.mails import BOTH_WAYS, kept, mail, mails, outcomes
from tests.notifications.channels.sinks import Behaviour, SmtpSink


def routes_to(sink: SmtpSink, connections: int = 3, per_connection: int = 1000) -> SmtpRoute:
    endpoint = SmtpEndpoint("127.0.0.1", sink.port, command_timeout=5.0, final_dot_timeout=1.5)
    return SmtpRoute(
        endpoint,
        is_exercise=False,
        connections=connections,
        messages_per_connection=per_connection,
    )


@BOTH_WAYS
def test_messages_take_the_connections_in_turn(extensions: tuple[str, ...]) -> None:
    with SmtpSink(Behaviour(extensions)) as sink, routes_to(sink) as route:
        handed = list(route.send(mails(20), is_exercise=False))
    assert outcomes(handed) == [Outcome.ACCEPTED] * 20
    assert sorted(sink.recipients) == sorted(f"p{number}@people.example" for number in range(20))
    assert sink.connections == 3
    by_recipient = {message.recipient: message.connection for message in sink.received}
    taken = [by_recipient[f"p{number}@people.example"] for number in range(20)]
    assert taken[3:] == taken[:-3]


@pytest.mark.parametrize("connections", [1, 2, 4])
def test_no_more_texts_leave_than_the_window(connections: int) -> None:
    with SmtpSink() as sink, routes_to(sink, connections) as route:
        batch = route.send(mails(40), is_exercise=False)
        assert isinstance(batch, Generator)
        for number, _handed in enumerate(batch, start=1):
            # So many were yielded; only the window may be beyond them.
            assert len(sink.received) <= number + connections - 1
            if number == 10:
                break
        batch.close()
    assert 10 <= len(sink.received) <= 10 + connections - 1


@BOTH_WAYS
def test_one_lost_answer_leaves_one_message_unknown(extensions: tuple[str, ...]) -> None:
    behaviour = Behaviour(extensions, answers={"TEXT": {"p4@": None}})
    with SmtpSink(behaviour) as sink, routes_to(sink) as route:
        handed = list(route.send(mails(12), is_exercise=False))
    assert handed[4] == HandedOver(Outcome.UNKNOWN, "", "smtp-lost-after-data")
    assert outcomes(handed).count(Outcome.ACCEPTED) == 11
    assert sorted(sink.recipients) == sorted(f"p{number}@people.example" for number in range(12))


@BOTH_WAYS
def test_refused_recipients_keep_their_place(extensions: tuple[str, ...]) -> None:
    behaviour = Behaviour(
        extensions,
        answers={"RCPT": {"p1@": b"550 5.1.1 No such user\r\n", "p5@": b"451 Later\r\n"}},
    )
    with SmtpSink(behaviour) as sink, routes_to(sink) as route:
        handed = list(route.send(mails(9), is_exercise=False))
    expected = [Outcome.ACCEPTED] * 9
    expected[1], expected[5] = Outcome.REFUSED, Outcome.DEFERRED
    assert outcomes(handed) == expected


def test_when_the_route_closes_those_under_way_still_get_their_outcome() -> None:
    behaviour = Behaviour(answers={"MAIL": {}, "RCPT": {"p6@": b"530 Sign in first\r\n"}})
    handed: list[HandedOver] = []
    with SmtpSink(behaviour) as sink, routes_to(sink) as route:
        with pytest.raises(RouteUnavailable):
            list(kept(handed, route.send(mails(30), is_exercise=False)))
        accepted = outcomes(handed).count(Outcome.ACCEPTED)
    # Whatever arrived was told, and nothing was told that did not arrive.
    assert accepted == len(sink.received) == 6


def test_an_unusable_message_holds_back_none_before_it() -> None:
    forged = mail("second")
    object.__setattr__(forged, "recipient", "a@x.example,b@y.example")
    handed: list[HandedOver] = []

    def source() -> Iterator[OutgoingMail]:
        yield mail("zero")
        yield mail("first")
        yield forged
        yield mail("third")

    with SmtpSink() as sink, routes_to(sink) as route, pytest.raises(TwoRecipients):
        list(kept(handed, route.send(source(), is_exercise=False)))
    assert outcomes(handed) == [Outcome.ACCEPTED] * 2
    assert sorted(sink.recipients) == ["first@people.example", "zero@people.example"]


def test_connections_are_changed_after_their_share() -> None:
    with SmtpSink() as sink, routes_to(sink, 2, per_connection=3) as route:
        handed = list(route.send(mails(12), is_exercise=False))
    assert outcomes(handed) == [Outcome.ACCEPTED] * 12
    assert sink.connections == 4
