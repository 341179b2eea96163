"""What may be done with a crisis, by whom, and what is kept of it."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from accounts.models import Role, StaffUser
from audit.models import AuditEvent
from crises.models import Crisis, Level
from crises.selectors import affected_names, crises_by_kind, named_places
from crises.services import (
    CrisisEntry,
    NotAllowed,
    PeopleEstimate,
    change_level,
    close_crisis,
    name_places,
    note_estimate,
    open_crisis,
    remove_place,
)
from tests.people import crisis as crisis_in
from tests.people import register, staff, submitted

pytestmark = pytest.mark.django_db

BEIRUT = ("LB", "LB-BA")


@pytest.fixture
def author() -> StaffUser:
    return staff(Role.AUTHOR)


@pytest.fixture
def crisis(author: StaffUser) -> Crisis:
    entry = CrisisEntry("Fire in the port", Level.ACT, is_exercise=False, places=[BEIRUT])
    return open_crisis(actor=author, entry=entry)


def places(crisis: Crisis) -> set[tuple[str, str | None, bool]]:
    return set(crisis.areas.values_list("country_id", "area_id", "is_excluded"))


def acts() -> list[str]:
    return list(
        AuditEvent.objects.filter(act__startswith="crises.")
        .order_by("pk")
        .values_list("act", flat=True)
    )


def test_opening_keeps_who_what_and_where(author: StaffUser, crisis: Crisis) -> None:
    assert (crisis.title, crisis.level, crisis.opened_by) == ("Fire in the port", 3, author)
    assert places(crisis) == {("LB", "LB-BA", False)}
    event = AuditEvent.objects.get(act="crises.opened")
    assert event.actor_id == author.pk
    assert event.detail == {"level": 3, "is_exercise": False, "places": ["LB-BA"]}


def test_every_change_writes_its_event(author: StaffUser, crisis: Crisis) -> None:
    change_level(actor=author, crisis=crisis, level=Level.LEAVE)
    name_places(actor=author, crisis=crisis, places=[("LB", "LB-JL")], is_excluded=False)
    note_estimate(actor=author, crisis=crisis, estimate=PeopleEstimate(10, 20, "census"))
    remove_place(actor=author, crisis=crisis, place_id=crisis.areas.first().pk)  # type: ignore[union-attr]
    close_crisis(actor=author, crisis=crisis)
    crisis.refresh_from_db()
    assert (crisis.level, crisis.people_low, crisis.people_high) == (4, 10, 20)
    assert crisis.closed_at is not None
    assert acts() == [
        "crises.opened",
        "crises.level-changed",
        "crises.places-added",
        "crises.estimate-noted",
        "crises.place-removed",
        "crises.closed",
    ]


@pytest.mark.parametrize("role", [Role.APPROVER, Role.OFFICER, Role.AUDITOR, Role.DATA_PROTECTION])
def test_only_authors_may(role: Role, crisis: Crisis) -> None:
    other = staff(role)
    with pytest.raises(NotAllowed):
        open_crisis(actor=other, entry=CrisisEntry("No", Level.ACT, is_exercise=True))
    with pytest.raises(NotAllowed):
        change_level(actor=other, crisis=crisis, level=Level.WATCH)
    with pytest.raises(NotAllowed):
        name_places(actor=other, crisis=crisis, places=[("TR", None)], is_excluded=False)
    with pytest.raises(NotAllowed):
        close_crisis(actor=other, crisis=crisis)
    assert places(crisis) == {("LB", "LB-BA", False)}


def test_what_is_closed_stays_as_it_is(author: StaffUser, crisis: Crisis) -> None:
    close_crisis(actor=author, crisis=crisis)
    with pytest.raises(NotAllowed):
        change_level(actor=author, crisis=crisis, level=Level.WATCH)
    with pytest.raises(NotAllowed):
        name_places(actor=author, crisis=crisis, places=[("TR", None)], is_excluded=False)
    with pytest.raises(NotAllowed):
        close_crisis(actor=author, crisis=crisis)


def test_a_part_of_an_affected_place_can_be_left_out(author: StaffUser, crisis: Crisis) -> None:
    name_places(actor=author, crisis=crisis, places=[("GB", None)], is_excluded=False)
    name_places(
        actor=author, crisis=crisis, places=[("GB", "GB-LND"), ("GB", "GB-SCT")], is_excluded=True
    )
    assert places(crisis) >= {("GB", "GB-LND", True), ("GB", "GB-SCT", True)}


@pytest.mark.parametrize("place", [("TR", "TR-34"), ("LB", None), ("LB", "LB-BA"), ("LB", "LB-JL")])
def test_what_is_not_a_part_cannot_be_left_out(
    author: StaffUser, crisis: Crisis, place: tuple[str, str | None]
) -> None:
    with pytest.raises(ValidationError):
        name_places(actor=author, crisis=crisis, places=[place], is_excluded=True)
    assert places(crisis) == {("LB", "LB-BA", False)}


def test_a_place_stands_on_one_side_only(author: StaffUser, crisis: Crisis) -> None:
    name_places(actor=author, crisis=crisis, places=[("LB", None), BEIRUT], is_excluded=False)
    name_places(actor=author, crisis=crisis, places=[BEIRUT], is_excluded=True)
    assert places(crisis) == {("LB", None, False), ("LB", "LB-BA", True)}
    name_places(actor=author, crisis=crisis, places=[BEIRUT, BEIRUT], is_excluded=False)
    assert places(crisis) == {("LB", None, False), ("LB", "LB-BA", False)}


def test_a_place_of_another_crisis_is_not_removed(author: StaffUser, crisis: Crisis) -> None:
    other = crisis_in(("TR", "TR-34"))
    foreign = other.areas.get()
    remove_place(actor=author, crisis=crisis, place_id=foreign.pk)
    assert other.areas.count() == 1
    assert "crises.place-removed" not in acts()


def test_the_database_lets_no_exercise_become_real_once_something_was_written() -> None:
    register()
    drill = crisis_in(is_exercise=True)
    submitted(drill)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE crises_crisis SET is_exercise = false WHERE id = %s", [drill.pk])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(("low", "high"), [(10, 5), (None, 5), (5, None)])
def test_the_database_keeps_an_estimate_a_range(
    crisis: Crisis, low: int | None, high: int | None
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Crisis.objects.filter(pk=crisis.pk).update(people_low=low, people_high=high)


def test_lists_keep_real_exercise_and_closed_apart(author: StaffUser, crisis: Crisis) -> None:
    drill = crisis_in(is_exercise=True)
    over = crisis_in()
    close_crisis(actor=author, crisis=over)
    lists = crises_by_kind()
    assert (lists.real, lists.exercises, lists.closed) == ([crisis], [drill], [over])


def test_places_are_named_in_the_language_asked_for(author: StaffUser, crisis: Crisis) -> None:
    name_places(actor=author, crisis=crisis, places=[("GB", None)], is_excluded=False)
    name_places(actor=author, crisis=crisis, places=[("GB", "GB-LND")], is_excluded=True)
    assert set(affected_names(crisis, "fr")) == {"Beyrouth", "Royaume-Uni"}
    assert [one.code for one in named_places(crisis)][-1] == "GB-LND"
