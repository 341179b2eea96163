"""Readings somebody should explain, and the lists a person stood in."""

from __future__ import annotations

import datetime

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, StaffUser
from audit.models import ActorKind, AuditEvent
from encryption.identifiers import new_id
from registry import expiring
from registry.access import OPENED, TooManyRecords, open_record
from registry.appearing import KEPT
from registry.looking import EVERYWHERE, people_in_district, search
from registry.models import (
    Appearance,
    LookReason,
    Oddity,
    ReadingMark,
    ReadingOutcome,
    UnusualReading,
)
from registry.services.explaining import ReadingDecided, decide_reading
from registry.watching import watch_readings
from tests.accounts.signing_in import sign_in as sign_in_staff
from tests.people import crisis, register, staff
from tests.registry.consoles import words_of
from tests.registry.portal_visits import sign_in, text_of

pytestmark = pytest.mark.django_db(transaction=True)

# A Tuesday; ten in the morning and eleven at night where the post of Beirut stands.
AT_WORK = datetime.datetime(2026, 11, 24, 8, 0, tzinfo=datetime.UTC)
AT_NIGHT = datetime.datetime(2026, 11, 24, 21, 0, tzinfo=datetime.UTC)
ON_SUNDAY = datetime.datetime(2026, 11, 22, 8, 0, tzinfo=datetime.UTC)


def read(
    officer: StaffUser, at: datetime.datetime = AT_WORK, reason: LookReason = LookReason.ASKED
) -> AuditEvent:
    """Write the event of one more opened record; the database's own clock cannot be moved."""
    return AuditEvent.objects.create(
        actor_kind=ActorKind.STAFF,
        actor_id=officer.pk,
        act=OPENED,
        subject_id=new_id(),
        reason=reason,
        post_id=officer.mandates.get().post_id,
        at=at,
    )


def oddities() -> list[str]:
    found = UnusualReading.objects.exclude(oddity=Oddity.SAMPLE)
    return list(found.order_by("read_at").values_list("oddity", flat=True))


@pytest.fixture
def officer() -> StaffUser:
    return staff(Role.OFFICER)


def named(name: str) -> StaffUser:
    user = staff(Role.OFFICER)
    user.name = name
    user.save()
    return user


@pytest.mark.parametrize(
    ("name", "family_names", "is_same"),
    [
        ("Rana Haddad", "Haddad", True),
        ("Rana Haddad", "حداد", True),
        ("Rana Khoury", "Haddad", False),
        ("Haddad Khoury", "Haddad", False),
        ("Rana de la Cruz", "de la Torre", False),
    ],
)
def test_the_same_family_name_is_noted_without_a_name(
    name: str, family_names: str, is_same: bool
) -> None:
    user = named(name)
    person = register(family_names=family_names)
    open_record(user, person.pk, LookReason.ASKED)
    event = AuditEvent.objects.latest("pk")
    assert event.detail == ({"same_surname": True} if is_same else {})
    watch_readings()
    assert (Oddity.SAME_SURNAME in oddities()) is is_same


@pytest.mark.parametrize(("at", "is_odd"), [(AT_WORK, False), (AT_NIGHT, True), (ON_SUNDAY, True)])
def test_outside_working_hours_where_the_post_stands(
    officer: StaffUser, at: datetime.datetime, is_odd: bool
) -> None:
    read(officer, at)
    watch_readings()
    assert oddities() == ([Oddity.OFF_SHIFT] if is_odd else [])


def test_whoever_works_for_a_crisis_at_night_need_not_explain(officer: StaffUser) -> None:
    crisis()
    read(officer, AT_NIGHT, LookReason.CRISIS)
    read(officer, AT_NIGHT, LookReason.OTHER)
    watch_readings()
    assert oddities() == [Oddity.OFF_SHIFT]


def test_many_people_in_a_day_are_noted_once(officer: StaffUser, settings) -> None:
    settings.USUAL_RECORDS_PER_DAY = 2
    for _ in range(4):
        read(officer)
    watch_readings()
    assert oddities() == [Oddity.ABOVE_QUOTA]


def test_who_is_refused_is_noted(officer: StaffUser, settings) -> None:
    settings.RECORDS_PER_HOUR = 1
    open_record(officer, register().pk, LookReason.CRISIS)
    with pytest.raises(TooManyRecords):
        open_record(officer, register().pk, LookReason.CRISIS)
    watch_readings()
    assert Oddity.ABOVE_QUOTA in oddities()


def test_watching_twice_notes_nothing_twice(officer: StaffUser) -> None:
    read(officer, AT_NIGHT)
    assert watch_readings() >= 1
    assert watch_readings() == 0
    # Also when it was cut short before its mark was kept.

    ReadingMark.objects.update(last_event_id=0)
    assert watch_readings() == 0


def test_the_data_protection_officer_decides_and_nobody_else(officer: StaffUser) -> None:
    read(officer, AT_NIGHT)
    watch_readings()
    reading = UnusualReading.objects.filter(oddity=Oddity.OFF_SHIFT).get()
    overseer = staff(Role.DATA_PROTECTION)
    desk = sign_in_staff(overseer)
    assert "Outside working hours" in words_of(desk.get(reverse("console:unusual-list")))
    address = reverse("console:unusual-decide", args=[reading.pk])
    assert sign_in_staff(officer).post(address, {"outcome": "explained"}).status_code == 404
    desk.post(address, {"outcome": "escalated"})
    reading.refresh_from_db()
    assert (reading.outcome, reading.decided_by_id) == (ReadingOutcome.ESCALATED, overseer.pk)
    with pytest.raises(ReadingDecided):
        decide_reading(actor=overseer, reading_id=reading.pk, outcome=ReadingOutcome.EXPLAINED)


def test_nobody_explains_their_own_reading() -> None:
    both = staff(Role.DATA_PROTECTION)
    reading = UnusualReading.objects.create(
        event_id=1, oddity=Oddity.SAMPLE, staff=both, read_at=timezone.now()
    )
    with pytest.raises(Http404):
        decide_reading(actor=both, reading_id=reading.pk, outcome=ReadingOutcome.EXPLAINED)
    with pytest.raises(IntegrityError), transaction.atomic():
        UnusualReading.objects.update(
            outcome="explained", decided_by=both, decided_at=timezone.now()
        )


def test_a_person_reads_in_how_many_lists_they_stood(officer: StaffUser, client: Client) -> None:
    person = register(phones=["+96170555301"])
    for _ in range(3):
        search(officer, "+96170555301")
    people_in_district(officer, EVERYWHERE)
    search(staff(Role.OFFICER, "paris"), "+96170555301")
    counted = Appearance.objects.filter(registrant=person).values_list("kind", "times")
    assert dict(counted) == {"search": 3, "district": 1}
    sign_in(client, person)
    page = text_of(client.get("/my/looks/"))
    assert "Results of a search" in page
    assert "3 times" in page
    with time_machine.travel(timezone.now() + KEPT + datetime.timedelta(days=2)):
        assert expiring.expire()["appearances"] == 2
