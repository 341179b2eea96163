"""Every right from the website, the counter and by SMS; its clock, its queue, its effect."""

from __future__ import annotations

import datetime

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, StaffUser
from audit.models import AuditEvent
from audit.recording import Actor
from registry.looking import search
from registry.models import ErasedPerson, Registrant
from registry.services.erasing import erase_person
from rights.carrying_out import carry_out
from rights.models import Ground, Identity, Right, RightsRequest, State, Way
from rights.queues import queue_of, rows_of
from rights.services import (
    Entered,
    RequestDecided,
    SecondPersonNeeded,
    answer_request,
    ask_for_right,
    lift_lock,
)
from rights.signals import on_person_erased, on_stopped_by_sms
from tests.accounts.signing_in import sign_in as sign_in_staff
from tests.people import register, staff
from tests.registry.consoles import look_for, open_record_of, words_of
from tests.registry.portal_visits import sign_in, text_of

pytestmark = pytest.mark.django_db

PHONE = "+96170555201"


@pytest.fixture
def person() -> Registrant:
    return register(given_names="Amal", family_names="Haddad", phones=[PHONE])


@pytest.fixture
def mine(client: Client, person: Registrant) -> Client:
    sign_in(client, person)
    return client


@pytest.fixture
def officer() -> StaffUser:
    return staff(Role.OFFICER)


@pytest.fixture
def overseer() -> StaffUser:
    return staff(Role.DATA_PROTECTION)


def ask(person: Registrant, right: Right, purpose_code: str = "") -> RightsRequest:
    return ask_for_right(
        actor=Actor.person(person.pk),
        person=person,
        right=right,
        way=Way.WEB,
        purpose_code=purpose_code,
    )


def is_locked(person: Registrant) -> bool:
    return Registrant.objects.get(pk=person.pk).restricted_at is not None


def test_each_right_is_two_presses_from_signing_in(mine: Client) -> None:
    first = text_of(mine.get("/my/"))
    assert 'href="/my/rights/"' in first
    page = text_of(mine.get("/my/rights/"))
    for address in ("/my/download/", "/my/details/", "/my/erase/"):
        assert f'href="{address}"' in page
    for right in ("restriction", "objection", "correction"):
        assert f'action="/my/rights/ask/{right}/"' in page


def test_a_lock_counts_at_once_and_is_lifted_by_its_person(
    mine: Client, person: Registrant
) -> None:
    page = mine.post("/my/rights/ask/restriction/", follow=True)
    assert "Your record is locked" in text_of(page)
    assert is_locked(person)
    asked = RightsRequest.objects.get(person_id=person.pk)
    assert (asked.state, asked.way) == (State.IN_FORCE, Way.WEB)
    assert "Your record is locked" in text_of(mine.get("/my/"))
    mine.post("/my/rights/unlock/")
    assert not is_locked(person)
    acts = AuditEvent.objects.filter(subject_id=person.pk).values_list("act", flat=True)
    assert {"registry.person-restricted", "registry.person-unrestricted"} <= set(acts)


def test_of_a_locked_record_an_officer_sees_that_it_is_locked(
    person: Registrant, officer: StaffUser
) -> None:
    ask(person, Right.RESTRICTION)
    (row,) = search(officer, PHONE).rows
    assert row.is_locked
    assert (row.birth_year, row.place, row.contact) == ("", "", "")
    assert "Amal" not in row.name
    desk = sign_in_staff(officer)
    page = words_of(look_for(desk, PHONE))
    assert "Locked record" in page
    assert "Amal" not in page
    assert open_record_of(desk, person).status_code == 404
    assert search(officer, "Amal Haddad").rows == []


def test_somebody_elsewhere_does_not_learn_of_a_lock(person: Registrant) -> None:
    ask(person, Right.RESTRICTION)
    assert search(staff(Role.OFFICER, "paris"), PHONE).rows == []


def test_the_officer_unlocks_for_the_person_at_the_counter(
    person: Registrant, officer: StaffUser
) -> None:
    ask(person, Right.RESTRICTION)
    desk = sign_in_staff(officer)
    desk.post(reverse("rights:lock-lift-for", args=[person.pk]))
    assert not is_locked(person)


@pytest.mark.parametrize("is_granted", [True, False])
def test_an_objection_locks_until_it_is_decided(
    person: Registrant, overseer: StaffUser, is_granted: bool
) -> None:
    asked = ask(person, Right.OBJECTION, "registry_core")
    assert is_locked(person)
    answer_request(
        actor=overseer,
        request_id=asked.pk,
        is_granted=is_granted,
        ground=None if is_granted else Ground.COMPELLING,
    )
    assert carry_out() == 1
    assert carry_out() == 0
    assert is_locked(person) is is_granted


def test_a_refused_objection_leaves_another_lock_in_force(
    person: Registrant, overseer: StaffUser
) -> None:
    ask(person, Right.RESTRICTION)
    asked = ask(person, Right.OBJECTION, "registry_core")
    answer_request(actor=overseer, request_id=asked.pk, is_granted=False, ground=Ground.COMPELLING)
    carry_out()
    assert is_locked(person)
    assert lift_lock(actor=Actor.person(person.pk), person=person) == 1
    assert not is_locked(person)


def test_nobody_objects_to_what_they_can_withdraw(mine: Client) -> None:
    page = mine.post("/my/rights/ask/objection/", {"purpose": "crisis_alert_sms"})
    assert page.status_code == 404
    assert mine.post("/my/rights/ask/erasure/").status_code == 404


def test_asking_twice_is_one_request(person: Registrant) -> None:
    assert ask(person, Right.CORRECTION).pk == ask(person, Right.CORRECTION).pk
    assert ask(person, Right.CORRECTION).due_at > timezone.now() + datetime.timedelta(days=29)


def test_a_request_stands_in_the_queue_of_its_post_and_of_oversight(
    person: Registrant, officer: StaffUser, overseer: StaffUser
) -> None:
    asked = ask(person, Right.CORRECTION)
    elsewhere = staff(Role.OFFICER, "paris")
    assert [each.pk for each in queue_of(officer, "open")] == [asked.pk]
    assert [each.pk for each in queue_of(overseer, "open")] == [asked.pk]
    assert list(queue_of(elsewhere, "open")) == []
    assert "Amal" in rows_of(officer, [asked])[0].person
    # Whoever oversees learns nobody's name.
    assert rows_of(overseer, [asked])[0].person == f"…{str(person.pk)[-8:]}"
    with time_machine.travel(asked.due_at + datetime.timedelta(hours=1)):
        assert rows_of(officer, [asked])[0].is_late
    page = words_of(sign_in_staff(elsewhere).get(reverse("rights:request-list")))
    assert "Nothing here" in page


def test_an_officer_answers_what_is_theirs_and_nothing_else(
    person: Registrant, officer: StaffUser
) -> None:
    correction = ask(person, Right.CORRECTION)
    objection = ask(person, Right.OBJECTION, "registry_core")
    desk = sign_in_staff(officer)
    desk.post(reverse("rights:request-answer", args=[correction.pk]), {"decision": "grant"})
    desk.post(reverse("rights:request-answer", args=[objection.pk]), {"decision": "grant"})
    correction.refresh_from_db()
    objection.refresh_from_db()
    assert (correction.state, objection.state) == (State.DONE, State.OPEN)
    with pytest.raises(RequestDecided):
        answer_request(actor=officer, request_id=correction.pk, is_granted=True)


def test_a_refusal_says_why(person: Registrant, officer: StaffUser) -> None:
    asked = ask(person, Right.CORRECTION)
    desk = sign_in_staff(officer)
    page = desk.post(reverse("rights:request-answer", args=[asked.pk]), {"decision": "refuse"})
    assert "Choose why it is refused." in words_of(page)
    with pytest.raises(ValueError, match="says why"):
        answer_request(actor=officer, request_id=asked.pk, is_granted=False)
    desk.post(
        reverse("rights:request-answer", args=[asked.pk]),
        {"decision": "refuse", "ground": "identity"},
    )
    asked.refresh_from_db()
    assert (asked.state, asked.ground) == (State.REFUSED, Ground.IDENTITY)


def enter(desk: Client, person: Registrant, right: str, **more: str) -> RightsRequest:
    open_record_of(desk, person)
    page = desk.post(
        reverse("rights:right-enter", args=[person.pk]),
        {"right": right, "identity": "document", **more},
    )
    assert page.status_code == 302
    return RightsRequest.objects.latest("asked_at")


def test_the_officer_enters_a_request_for_somebody_whose_record_is_open(
    person: Registrant, officer: StaffUser
) -> None:
    desk = sign_in_staff(officer)
    shut = desk.get(reverse("rights:right-enter", args=[person.pk]))
    assert shut.status_code == 302
    asked = enter(desk, person, "access")
    assert (asked.way, asked.identity, asked.entered_by_id) == (
        Way.COUNTER,
        Identity.DOCUMENT,
        officer.pk,
    )
    file = desk.post(reverse("rights:request-hand-over", args=[asked.pk]))
    held = file.json()
    assert held["registration"]["given_names"] == "Amal"
    assert [look["reason"] for look in held["consultations"] if look["reason"]]


def test_an_objection_at_the_counter_says_to_what(person: Registrant, officer: StaffUser) -> None:
    desk = sign_in_staff(officer)
    open_record_of(desk, person)
    page = desk.post(
        reverse("rights:right-enter", args=[person.pk]),
        {"right": "objection", "identity": "document"},
    )
    assert "Choose to which use the person objects." in words_of(page)


def test_an_erasure_at_the_counter_takes_a_second_person(
    person: Registrant, officer: StaffUser, overseer: StaffUser
) -> None:
    asked = enter(sign_in_staff(officer), person, "erasure")
    assert Registrant.objects.filter(pk=person.pk).exists()
    page = words_of(sign_in_staff(overseer).get(reverse("rights:request-show", args=[asked.pk])))
    assert "Done as asked" in page
    answer_request(actor=overseer, request_id=asked.pk, is_granted=True)
    assert carry_out() == 1
    assert ErasedPerson.objects.filter(person_id=person.pk).exists()


def test_whoever_enters_an_erasure_cannot_decide_it(person: Registrant) -> None:
    both = staff(Role.DATA_PROTECTION)
    asked = ask_for_right(
        actor=both.actor,
        person=person,
        right=Right.ERASURE,
        way=Way.COUNTER,
        entered=Entered(both, Identity.DOCUMENT),
    )
    with pytest.raises(SecondPersonNeeded):
        answer_request(actor=both, request_id=asked.pk, is_granted=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        RightsRequest.objects.filter(pk=asked.pk).update(
            state=State.DONE, decided_by=both, decided_at=timezone.now()
        )


def test_stop_by_sms_is_noted_as_done(person: Registrant) -> None:
    on_stopped_by_sms(Registrant, person_id=person.pk)
    asked = RightsRequest.objects.get(person_id=person.pk)
    assert (asked.way, asked.state) == (Way.SMS, State.DONE)
    assert not is_locked(person)


def test_an_erased_person_waits_for_nothing(person: Registrant) -> None:
    ask(person, Right.CORRECTION)
    ask(person, Right.RESTRICTION)
    erase_person(actor=Actor.person(person.pk), person=person)
    on_person_erased(Registrant, person_id=person.pk)
    assert set(RightsRequest.objects.values_list("state", flat=True)) == {State.DONE}
