"""The live board adds up to the audience exactly, whatever has happened."""

from __future__ import annotations

import datetime
import random
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Role
from audit.models import AuditEvent
from consent.models import Basis
from crises.models import Crisis
from encryption.identifiers import new_id
from notifications.access import people_needing_help
from notifications.board import (
    Board,
    Numbers,
    Standing,
    board_of,
    help_sought,
    recent_board_of,
    unregistered,
)
from notifications.models import (
    AnswerState,
    AnswerVia,
    AudienceMember,
    Delivery,
    DeliveryStatus,
    Dispatch,
    DispatchState,
    Lane,
    MessageKind,
    MessageVersion,
)
from notifications.reasons import reason_in_words
from notifications.services.answering import record_answer
from notifications.showing import board_shown
from registry.models import Channel
from tests.people import crisis as crisis_in
from tests.people import staff

pytestmark = pytest.mark.django_db

AREAS = ("LB-BA", "LB-JL", None)
OWN = [status for status in DeliveryStatus if status != DeliveryStatus.SHARED]


@dataclass
class Person:
    """One invented member of an audience: where, what they said, what became of each message."""

    area: str | None
    answer: str
    # Of each message: its own status, or the number of an earlier message it shares.
    messages: list[DeliveryStatus | int]


def run_of_sending(in_crisis: Crisis) -> Dispatch:
    message = MessageVersion.objects.create(
        kind=MessageKind.PERSONAL, texts={}, fallback_language="en", sha256=""
    )
    return Dispatch.objects.create(
        message=message, crisis=in_crisis, lane=Lane.CRISIS, state=DispatchState.RUNNING
    )


def write(dispatch: Dispatch, people: list[Person]) -> list[tuple[Person, list[DeliveryStatus]]]:
    """Write an audience as the engine would; return each person with what really became."""
    members: list[AudienceMember] = []
    deliveries: list[Delivery] = []
    own: list[tuple[int, DeliveryStatus]] = []
    truth: list[tuple[Person, list[DeliveryStatus]]] = []
    for number, person in enumerate(people):
        person_id = new_id()
        members.append(
            AudienceMember(
                dispatch=dispatch,
                number=number,
                registrant_id=person_id,
                country_id="LB",
                area_id=person.area,
                language="en",
                answer=person.answer,
                answered_at=timezone.now() if person.answer else None,
            )
        )
        became = []
        for position, message in enumerate(person.messages):
            seq = len(deliveries)
            target = None
            if isinstance(message, DeliveryStatus) or not own:
                status = message if isinstance(message, DeliveryStatus) else DeliveryStatus.QUEUED
                own.append((seq, status))
                became.append(status)
            else:
                target, really = own[message % len(own)]
                status = DeliveryStatus.SHARED
                became.append(really)
            deliveries.append(
                Delivery(
                    dispatch=dispatch,
                    seq=seq,
                    member_number=number,
                    registrant_id=person_id,
                    contact_point_id=new_id(),
                    channel=Channel.SMS if position % 2 else Channel.EMAIL,
                    language="en",
                    address_token=seq,
                    shared_with_seq=target,
                    basis=Basis.PUBLIC_TASK,
                    purpose_code="registry_core",
                    status=status,
                    reason="undeliverable" if status == DeliveryStatus.FAILED else "",
                )
            )
        truth.append((person, became))
    AudienceMember.objects.bulk_create(members)
    Delivery.objects.bulk_create(deliveries)
    return truth


def place_of(person: Person, became: list[DeliveryStatus]) -> str:
    """The oracle: the one place of a person, in plain words."""
    reached = {DeliveryStatus.HANDED_OVER, DeliveryStatus.UNKNOWN, DeliveryStatus.DELIVERED}
    waiting = {DeliveryStatus.QUEUED, DeliveryStatus.DEFERRED}
    not_sent = {DeliveryStatus.SKIPPED, DeliveryStatus.CANCELLED}
    if person.answer:
        return person.answer
    if any(status in reached for status in became):
        return "silent"
    if any(status in waiting for status in became):
        return "waiting"
    return "not_sent" if all(status in not_sent for status in became) else "undeliverable"


_messages = st.lists(st.one_of(st.sampled_from(OWN), st.integers(0, 50)), max_size=3)
_people = st.lists(
    st.builds(
        Person,
        area=st.sampled_from(AREAS),
        answer=st.sampled_from(["", "", "safe", "help"]),
        messages=_messages,
    ),
    max_size=25,
)


@settings(max_examples=60)
@given(_people)
def test_everybody_stands_in_exactly_one_place(people: list[Person]) -> None:
    with transaction.atomic():
        dispatch = run_of_sending(crisis_in())
        truth = write(dispatch, people)
        board = board_of(dispatch)
        transaction.set_rollback(True)
    expected = Counter(place_of(person, became) for person, became in truth)
    standing = board.all
    assert {
        name: getattr(standing, name)
        for name in ("safe", "help", "silent", "waiting", "undeliverable", "not_sent")
    } == {
        name: expected[name]
        for name in ("safe", "help", "silent", "waiting", "undeliverable", "not_sent")
    }
    assert standing.audience == len(people)
    assert standing.reached == expected["safe"] + expected["help"] + expected["silent"]
    by_area = Counter(person.area or "LB" for person in people)
    assert {area: one.audience for area, one in board.by_area} == dict(by_area)
    # Messages add up as well, channel by channel.
    for row in board.channels:
        assert row.total == (
            row.waiting + row.handed_over + row.delivered + row.failed + row.skipped + row.shared
        )
    assert sum(row.total for row in board.channels) == sum(len(one.messages) for one in people)
    assert Numbers.from_data(board.numbers.as_data()) == board.numbers


@pytest.fixture
def in_crisis() -> Crisis:
    return crisis_in()


@pytest.fixture
def dispatch(in_crisis: Crisis) -> Dispatch:
    return run_of_sending(in_crisis)


def reached(answer: str = "", area: str | None = "LB-BA") -> Person:
    return Person(area, answer, [DeliveryStatus.HANDED_OVER])


def test_an_empty_audience_is_an_empty_board(dispatch: Dispatch) -> None:
    board = board_of(dispatch)
    assert board.all == Standing()
    assert (board.by_area, board.channels, board.reasons) == ([], [], [])


def test_who_answered_counts_as_reached_whatever_the_network_said(dispatch: Dispatch) -> None:
    write(dispatch, [Person("LB-BA", "safe", [DeliveryStatus.FAILED])])
    assert board_of(dispatch).all == Standing(safe=1)


def test_a_person_whose_messages_are_gone_is_still_counted(dispatch: Dispatch) -> None:
    write(dispatch, [Person("LB-BA", "", [])])
    assert board_of(dispatch).all == Standing(not_sent=1)


def test_the_latest_answer_counts(dispatch: Dispatch, in_crisis: Crisis) -> None:
    from audit.recording import Actor
    from tests.people import register

    person = register()
    write(dispatch, [reached()])
    AudienceMember.objects.filter(dispatch=dispatch).update(registrant_id=person.pk)
    for state, expected in (
        (AnswerState.SAFE, Standing(safe=1)),
        (AnswerState.HELP, Standing(help=1)),
        (AnswerState.SAFE, Standing(safe=1)),
    ):
        record_answer(
            actor=Actor.person(person.pk),
            crisis_id=in_crisis.pk,
            person_ids=[person.pk],
            state=state,
            via=AnswerVia.LINK,
        )
        assert board_of(dispatch).all == expected


def test_reasons_are_counted_without_shared_addresses(dispatch: Dispatch) -> None:
    write(dispatch, [Person("LB-BA", "", [DeliveryStatus.FAILED]) for _ in range(3)])
    write_shared = Person("LB-BA", "", [0])
    other = run_of_sending(crisis_in())
    write(other, [reached(), write_shared])
    (reason,) = board_of(dispatch).reasons
    assert (reason.code, reason.count, reason.is_waiting) == ("undeliverable", 3, False)
    assert board_of(other).reasons == []


def test_the_version_changes_exactly_when_something_shown_changes(dispatch: Dispatch) -> None:
    write(dispatch, [reached(), reached()])
    before = board_of(dispatch).version
    assert board_of(dispatch).version == before
    AudienceMember.objects.filter(dispatch=dispatch, number=0).update(answer="safe")
    answered = board_of(dispatch).version
    assert answered != before
    dispatch.state = DispatchState.FINISHED
    assert board_of(dispatch).version != answered


def test_a_board_asked_for_often_is_read_seldom(
    dispatch: Dispatch, django_assert_num_queries: object
) -> None:
    write(dispatch, [reached()])
    first = recent_board_of(dispatch)
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert recent_board_of(dispatch).numbers == first.numbers


def test_the_board_takes_three_queries_whatever_its_size(
    dispatch: Dispatch, django_assert_num_queries: object
) -> None:
    chance = random.Random(7)
    write(
        dispatch,
        [
            Person(chance.choice(AREAS), chance.choice(["", "safe"]), [chance.choice(OWN)])
            for _ in range(200)
        ],
    )
    with django_assert_num_queries(3):  # type: ignore[operator]
        board_of(dispatch)


# --- those who are not in the register ------------------------------------------------


def test_without_an_estimate_nobody_pretends_to_know(dispatch: Dispatch) -> None:
    assert unregistered(board_of(dispatch)) is None


def test_the_unregistered_are_a_range_that_never_goes_below_nothing(
    dispatch: Dispatch, in_crisis: Crisis
) -> None:
    write(dispatch, [reached("safe"), reached("help"), reached(), reached()])
    for low, high, expected in ((10, 20, (6, 18)), (1, 3, (0, 1)), (0, 0, (0, 0))):
        in_crisis.people_low, in_crisis.people_high = low, high
        dispatch.crisis = in_crisis
        found = unregistered(board_of(dispatch))
        assert found is not None
        assert (found.low, found.high) == expected


# --- those who need help --------------------------------------------------------------


def test_who_asked_first_comes_first_and_looking_is_written_down(dispatch: Dispatch) -> None:
    write(dispatch, [reached("help"), reached("safe"), reached("help"), reached()])
    AudienceMember.objects.filter(dispatch=dispatch, number=2).update(
        answered_at=timezone.now() - datetime.timedelta(hours=1)
    )
    ids = dict(
        AudienceMember.objects.filter(dispatch=dispatch).values_list("number", "registrant_id")
    )
    assert [one.person_id for one in help_sought(dispatch)] == [str(ids[2]), str(ids[0])]
    user = staff(Role.APPROVER)
    people_needing_help(user, dispatch)
    event = AuditEvent.objects.get(act="notifications.help-list-seen")
    assert (event.actor_id, event.detail) == (user.pk, {"people": 2})


# --- words ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "is_closed", "seconds"),
    [
        (DispatchState.FREEZING, False, 2),
        (DispatchState.RUNNING, False, 2),
        (DispatchState.RUNNING, True, 2),
        (DispatchState.PAUSED, False, 5),
        (DispatchState.FINISHED, False, 5),
        (DispatchState.CANCELLED, False, 5),
        (DispatchState.FINISHED, True, None),
        (DispatchState.CANCELLED, True, None),
    ],
)
def test_the_board_asks_anew_while_anything_can_change(
    dispatch: Dispatch, state: DispatchState, is_closed: bool, seconds: int | None
) -> None:
    assert dispatch.crisis is not None
    dispatch.state = state
    dispatch.crisis.closed_at = timezone.now() if is_closed else None
    assert board_shown(board_of(dispatch)).poll_seconds == seconds


def test_codes_that_mean_the_same_are_one_line(dispatch: Dispatch) -> None:
    write(dispatch, [Person("LB-BA", "", [DeliveryStatus.FAILED]) for _ in range(3)])
    for seq, reason in enumerate(("smtp-550-5.1.1", "smtp-550-5.1.10", "something-new")):
        Delivery.objects.filter(dispatch=dispatch, seq=seq).update(reason=reason)
    shown = board_shown(board_of(dispatch))
    assert [(one.words, one.count) for one in shown.failed] == [
        ("The e-mail address does not exist", 2),
        ("Another reason", 1),
    ]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("smtp-550-5.1.1", "The e-mail address does not exist"),
        ("smtp-552-5.2.2", "The mailbox is full"),
        ("smtp-550-5.7.1", "The mail server does not take our mail"),
        ("smtp-554", "The mail server refused it"),
        ("smtp-451-4.3.0", "The mail server asked us to try later"),
        ("http-422-invalid_number", "The phone number is wrong"),
        ("http-400-blocked", "The SMS provider refused it"),
        ("http-timeout-after-request", "The line broke; it may have arrived"),
        ("undeliverable", "The phone could not be reached"),
        ("stopped", "Stopped by the ministry"),
        ("", "Another reason"),
    ],
)
def test_every_code_has_words(code: str, words: str) -> None:
    assert reason_in_words(code) == words


def test_a_board_names_its_numbers() -> None:
    board = Board(Dispatch(), Numbers([("LB", Standing(safe=1)), ("LB-BA", Standing(2))], [], []))
    assert board.all == Standing(safe=3)


def test_the_board_is_read_without_joins(dispatch: Dispatch) -> None:
    """While an alert goes out the statistics are minutes old, and a join may take for ever."""
    from django.db import connection

    from notifications import board

    write(dispatch, [reached(), reached()])
    parameters: dict[str, Any] = {
        "dispatch": dispatch.pk,
        "reached": [20],
        "waiting": [0],
        "not_sent": [50],
    }
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {board._PEOPLE}", parameters)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Nested Loop" not in plan
    assert "Join" not in plan
