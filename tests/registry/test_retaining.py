"""Each rule removes what has outlived its purpose, and nothing else."""

from __future__ import annotations

import datetime

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from audit.models import AuditEvent
from audit.recording import Actor
from crises.models import Crisis
from encryption.models import PersonKey
from registry import retaining
from registry.models import (
    ContactPoint,
    ErasedPerson,
    Registrant,
    RetentionRun,
    Stay,
    StayKind,
)
from registry.services.keeping import person_went_home
from tests import people
from tests.accounts.signing_in import sign_in
from tests.registry.consoles import words_of

pytestmark = pytest.mark.django_db

NOBODY = dict.fromkeys(retaining.COUNTED, 0)


def in_days(days: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + datetime.timedelta(days=days), tick=False)


def confirmed() -> Registrant:
    person = people.register()
    ContactPoint.objects.filter(registrant=person).update(confirmed_at=timezone.now())
    return person


def trip(days: int) -> Registrant:
    person = confirmed()
    today = timezone.localdate()
    Stay.objects.filter(registrant=person).update(
        kind=StayKind.TRAVEL, until_on=today + datetime.timedelta(days=days)
    )
    return person


def unconfirmed() -> Registrant:
    person = people.register()
    ContactPoint.objects.filter(registrant=person).update(confirmed_at=None)
    return person


def test_an_unconfirmed_registration_goes_after_a_fortnight() -> None:
    stays, goes = confirmed(), unconfirmed()
    with in_days(13.9):
        assert retaining.apply_rules() == NOBODY
    with in_days(14.1):
        assert retaining.due_now()["unconfirmed"] == 1
        assert retaining.apply_rules() == NOBODY | {"unconfirmed": 1}
        assert retaining.apply_rules() == NOBODY
    assert list(Registrant.objects.values_list("pk", flat=True)) == [stays.pk]
    assert not PersonKey.objects.filter(person_id=goes.pk).exists()
    assert ErasedPerson.objects.filter(person_id=goes.pk).exists()


def test_a_trip_goes_thirty_days_after_its_end_and_its_traveller_with_it() -> None:
    person = trip(5)
    with in_days(35):
        assert retaining.apply_rules() == NOBODY
    with in_days(36):
        assert retaining.apply_rules() == NOBODY | {"trips": 1, "nobody-left": 1}
    assert not Registrant.objects.filter(pk=person.pk).exists()


def test_a_resident_who_travelled_stays_registered() -> None:
    person = confirmed()
    home = Stay.objects.get(registrant=person)
    today = timezone.localdate()
    Stay.objects.create(
        registrant=person,
        kind=StayKind.TRAVEL,
        country=home.country,
        area=home.area,
        place="Somewhere",
        post=home.post,
        from_on=today,
        until_on=today,
        last_confirmed_at=timezone.now(),
    )
    before = Registrant.objects.get(pk=person.pk).changed_in
    with in_days(31):
        assert retaining.apply_rules() == NOBODY | {"trips": 1}
    assert list(Stay.objects.filter(registrant=person)) == [home]
    # The finder is told.
    assert Registrant.objects.get(pk=person.pk).changed_in >= before


def test_somebody_who_went_home_goes_after_a_year() -> None:
    person = confirmed()
    person_went_home(actor=Actor.person(person.pk), person=person)
    with in_days(364):
        assert retaining.apply_rules() == NOBODY
    with in_days(366):
        assert retaining.apply_rules() == NOBODY | {"ended-stays": 1, "nobody-left": 1}


def test_nothing_is_removed_where_a_crisis_is_open() -> None:
    unconfirmed()
    trip(0)
    crisis = people.crisis()
    with in_days(100):
        assert retaining.apply_rules() == NOBODY
        Crisis.objects.filter(pk=crisis.pk).update(closed_at=timezone.now())
        assert retaining.apply_rules() == NOBODY | {"unconfirmed": 1, "trips": 1, "nobody-left": 1}


def test_an_exercise_holds_nothing_up() -> None:
    unconfirmed()
    people.crisis(is_exercise=True)
    with in_days(15):
        assert retaining.apply_rules()["unconfirmed"] == 1


def test_a_run_is_bounded_and_leaves_its_counts(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        unconfirmed()
    with in_days(15):
        call_command("apply_retention", dry_run=True)
        assert "unconfirmed: 3" in capsys.readouterr().out
        assert retaining.apply_rules(most=2)["unconfirmed"] == 2
        call_command("apply_retention")
    assert [run.removed["unconfirmed"] for run in RetentionRun.objects.order_by("pk")] == [2, 1]
    event = AuditEvent.objects.filter(act="registry.retention-applied").first()
    assert event is not None
    assert event.detail["unconfirmed"] == 2


def test_oversight_sees_rules_and_runs() -> None:
    unconfirmed()
    client = sign_in(people.staff(Role.DATA_PROTECTION))
    page = words_of(client.get("/console/retention/"))
    assert "14 days" in page
    assert "Nothing removed yet" in page
    with in_days(15):
        retaining.apply_rules()
    page = words_of(client.get("/console/retention/"))
    assert "What was removed" in page


def test_an_officer_does_not(client: Client) -> None:
    officer = sign_in(people.staff(Role.OFFICER))
    assert officer.get("/console/retention/").status_code in (403, 404)
