"""Who may see whom, and that every look is written down in the transaction of the look."""

from __future__ import annotations

import datetime
from uuid import UUID

import pytest
import time_machine
from django.db import connection
from django.http import Http404
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Role, StaffUser
from accounts.services import end_mandates
from audit.models import AuditEvent
from audit.recording import Actor
from encryption.identifiers import new_id
from geography.models import Post
from registry.access import (
    OPENED,
    REFUSED,
    TooManyRecords,
    open_record,
    person_visible_to,
    post_between,
    registrants_visible_to,
)
from registry.models import LookReason, Registrant, Stay, StayKind
from registry.registration import StayEntry
from registry.services.keeping import move_person, person_went_home
from tests.people import register, staff

pytestmark = pytest.mark.django_db


def stay_entry(country: str, area: str | None) -> StayEntry:
    """Return a stay that began today."""
    return StayEntry(StayKind.RESIDENCE, country, area, "", timezone.localdate(), None)


def test_an_officer_sees_the_people_of_the_post_and_no_others() -> None:
    here, there = register(), register(country="FR", area="FR-IDF")
    officer = staff(Role.OFFICER, "beirut")
    assert list(registrants_visible_to(officer)) == [here]
    assert list(registrants_visible_to(staff(Role.OFFICER, "paris"))) == [there]


@pytest.mark.parametrize("role", [Role.AUTHOR, Role.APPROVER, Role.DATA_PROTECTION, Role.AUDITOR])
def test_no_other_role_sees_anybody(role: Role) -> None:
    register()
    assert not registrants_visible_to(staff(role)).exists()


def test_a_person_who_moves_is_seen_by_the_new_post_only() -> None:
    person = register()
    beirut, paris = staff(Role.OFFICER, "beirut"), staff(Role.OFFICER, "paris")
    move_person(actor=Actor.person(person.pk), person=person, entry=stay_entry("FR", "FR-IDF"))
    assert not registrants_visible_to(beirut).exists()
    assert registrants_visible_to(paris).get() == person
    assert post_between(paris, person) == Post.objects.get(code="paris").pk


def test_a_person_who_went_home_is_seen_by_nobody() -> None:
    person = register()
    person_went_home(actor=Actor.person(person.pk), person=person)
    assert not registrants_visible_to(staff(Role.OFFICER)).exists()


@pytest.mark.parametrize("days", [-1, 1])
def test_a_stay_that_is_over_or_has_not_begun_opens_nothing(days: int) -> None:
    today = timezone.localdate()
    if days < 0:
        register(until_on=today - datetime.timedelta(days=1))
    else:
        register(from_on=today + datetime.timedelta(days=1))
    assert not registrants_visible_to(staff(Role.OFFICER)).exists()


def test_a_restricted_record_is_hidden_from_officers() -> None:
    person = register()
    Registrant.objects.filter(pk=person.pk).update(restricted_at=timezone.now())
    with pytest.raises(Http404):
        person_visible_to(staff(Role.OFFICER), person.pk)


def test_a_mandate_that_ends_ends_the_view_at_once() -> None:
    person, officer = register(), staff(Role.OFFICER)
    assert person_visible_to(officer, person.pk) == person
    end_mandates(actor=Actor.machine(), user=officer)
    with pytest.raises(Http404):
        person_visible_to(officer, person.pk)


def test_a_look_names_officer_person_reason_and_post() -> None:
    person, officer = register(), staff(Role.OFFICER)
    open_record(officer, person.pk, LookReason.DOCUMENT)
    event = AuditEvent.objects.get(act=OPENED)
    assert event.actor_id == officer.pk
    assert event.subject_id == person.pk
    assert event.reason == "document"
    assert event.post_id == Post.objects.get(code="beirut").pk
    assert event.transaction_id == _transaction_id()


def _transaction_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("whose", ["elsewhere", "nobody"])
def test_a_look_at_somebody_out_of_reach_is_no_look(whose: str) -> None:
    person_id: UUID = new_id() if whose == "nobody" else register(country="FR", area=None).pk
    with pytest.raises(Http404):
        open_record(staff(Role.OFFICER), person_id, LookReason.ASKED)
    assert not AuditEvent.objects.filter(act__in=[OPENED, REFUSED]).exists()


def _open(officer: StaffUser, people: list[Registrant]) -> None:
    for person in people:
        open_record(officer, person.pk, LookReason.ASKED)


def test_the_hourly_limit_stops_the_next_person_and_is_written_down(
    settings: Settings,
) -> None:
    settings.RECORDS_PER_HOUR = 3
    officer, people = staff(Role.OFFICER), [register() for _ in range(4)]
    _open(officer, people[:3])
    with pytest.raises(TooManyRecords) as limit:
        open_record(officer, people[3].pk, LookReason.ASKED)
    assert (limit.value.most, limit.value.window) == (3, "hour")
    refused = AuditEvent.objects.get(act=REFUSED)
    assert refused.detail == {"most": 3, "window": "hour"}
    assert refused.subject_id is None
    assert refused.object_id == str(people[3].pk)


def test_opening_the_same_person_again_is_free(settings: Settings) -> None:
    settings.RECORDS_PER_HOUR = 2
    officer, people = staff(Role.OFFICER), [register() for _ in range(2)]
    _open(officer, [*people, *people, *people])
    assert AuditEvent.objects.filter(act=OPENED).count() == 6


def test_another_officer_has_a_limit_of_their_own(settings: Settings) -> None:
    settings.RECORDS_PER_HOUR = 1
    people = [register() for _ in range(2)]
    _open(staff(Role.OFFICER), people[:1])
    _open(staff(Role.OFFICER), people[1:])
    assert AuditEvent.objects.filter(act=OPENED).count() == 2


def test_the_daily_limit_outlasts_the_hour(settings: Settings) -> None:
    settings.RECORDS_PER_HOUR = 10
    settings.RECORDS_PER_DAY = 2
    officer, people = staff(Role.OFFICER), [register() for _ in range(3)]
    earlier = timezone.now() - datetime.timedelta(hours=3)
    for person in people[:2]:
        AuditEvent.objects.create(
            at=earlier, actor_kind="staff", actor_id=officer.pk, act=OPENED, subject_id=person.pk
        )
    with pytest.raises(TooManyRecords) as limit:
        open_record(officer, people[2].pk, LookReason.ASKED)
    assert limit.value.window == "day"
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=22)):
        assert open_record(officer, people[2].pk, LookReason.ASKED) == people[2]


def test_two_stays_in_one_district_are_one_person() -> None:
    person = register()
    Stay.objects.create(
        registrant=person,
        kind=StayKind.TRAVEL,
        country_id="LB",
        post=Post.objects.get(code="beirut"),
        from_on=timezone.localdate(),
        last_confirmed_at=timezone.now(),
        place="",
    )
    assert registrants_visible_to(staff(Role.OFFICER)).count() == 1
