"""A change of contacts can be undone for three days by whoever holds the old ones."""

from __future__ import annotations

import datetime

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from audit.recording import Actor
from notifications.models import Delivery, MessageKind
from notifications.telling_changes import tell_of_change
from registry import expiring
from registry.models import HOLD, Channel, ContactPoint, ProofPurpose, Registrant
from registry.registration import ContactEntry
from registry.services.holding import (
    LastContact,
    ProofTooFresh,
    leave_contact,
    remove_contact,
    undo_changes,
)
from registry.services.keeping import add_contact
from registry.services.proving import ask_for_proof, code_of, use_code
from tests import people
from tests.registry.portal_visits import ask_to_sign_in, sent_code, sent_link, sign_in, text_of

pytestmark = pytest.mark.django_db

NEW = "new@mail.example"
SOON, LATER = HOLD - datetime.timedelta(minutes=1), HOLD + datetime.timedelta(minutes=1)


@pytest.fixture
def person() -> Registrant:
    return people.register(phones=["+96170555101"], emails=["amal@mail.example"])


def added(person: Registrant) -> ContactPoint:
    point, _proof = add_contact(
        actor=Actor.person(person.pk),
        person=person,
        entry=ContactEntry(Channel.EMAIL, NEW),
        language="en",
    )
    ContactPoint.objects.filter(pk=point.pk).update(confirmed_at=timezone.now())
    return ContactPoint.objects.get(pk=point.pk)


def first(person: Registrant) -> ContactPoint:
    return ContactPoint.objects.filter(registrant=person).earliest("created_at")


def told(person: Registrant) -> set[str]:
    rows = Delivery.objects.filter(
        registrant_id=person.pk, dispatch__message__kind=MessageKind.CHANGED
    )
    points = ContactPoint.objects.filter(pk__in=rows.values("contact_point_id"))
    return {point.value for point in points}


def opens(client: Client, contact: str) -> bool:
    proof = ask_to_sign_in(client, contact)
    return client.post("/my/sign-in/code/", {"code": code_of(proof)}).status_code == 302


def test_a_new_contact_lets_nobody_in_for_three_days(person: Registrant) -> None:
    point = added(person)
    assert not opens(Client(), NEW)
    with time_machine.travel(timezone.now() + SOON):
        assert not opens(Client(), NEW)
    with time_machine.travel(timezone.now() + LATER):
        assert opens(Client(), NEW)
    assert not point.has_stood


def test_the_old_contacts_let_their_holder_in_meanwhile(person: Registrant) -> None:
    added(person)
    assert opens(Client(), "+96170555101")
    assert opens(Client(), "amal@mail.example")


def test_a_code_for_signing_in_that_names_the_new_contact_opens_nothing(
    person: Registrant,
) -> None:
    point = added(person)
    proof = ask_for_proof(
        purpose=ProofPurpose.SIGN_IN,
        channel=Channel.EMAIL,
        token=point.token,
        language="en",
        contact_point=point,
    )
    assert use_code(proof_id=proof.pk, code=code_of(proof)) is None


def test_the_link_to_the_new_contact_confirms_it_and_opens_no_session(
    person: Registrant, client: Client
) -> None:
    sign_in(client, person)
    client.post("/my/contacts/add/", {"contact": NEW})
    point = ContactPoint.objects.get(registrant=person, confirmed_at=None)
    stranger = Client()
    page = stranger.post(sent_link(point), follow=True)
    assert "It is confirmed. You can sign in with it from" in text_of(page)
    assert stranger.get("/my/").headers["Location"] == "/my/sign-in/"
    point.refresh_from_db()
    assert point.confirmed_at is not None


def test_the_code_of_the_new_contact_makes_no_session_fresher(
    person: Registrant, client: Client
) -> None:
    sign_in(client, person)
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=15)):
        client.post("/my/contacts/add/", {"contact": NEW})
        point = ContactPoint.objects.get(registrant=person, confirmed_at=None)
        client.post(f"/my/contacts/{point.pk}/code/", {"code": sent_code(point)})
        assert client.get("/my/erase/").headers["Location"] == "/my/new-code/"
        assert "n••••@mail.example" not in text_of(client.get("/my/new-code/"))


def test_whoever_holds_the_old_contacts_is_told_once(person: Registrant) -> None:
    point = added(person)
    assert tell_of_change(point.pk) == 2
    assert told(person) == {"+96170555101", "amal@mail.example"}
    assert tell_of_change(point.pk) == 0


def test_a_first_registration_is_not_held() -> None:
    person = people.register(phones=["+96170555109"], is_confirmed=False)
    point = first(person)
    assert point.held_until is None
    later, _proof = add_contact(
        actor=Actor.person(person.pk),
        person=person,
        entry=ContactEntry(Channel.EMAIL, NEW),
        language="en",
    )
    assert later.held_until is None


def test_a_contact_leaves_after_three_days_and_not_before(person: Registrant) -> None:
    point = first(person)
    leave_contact(actor=Actor.person(person.pk), person=person, point=point)
    tell_of_change(point.pk)
    assert told(person) == {"+96170555101", "amal@mail.example"}
    assert opens(Client(), "+96170555101")
    with time_machine.travel(timezone.now() + SOON):
        assert expiring.expire()["contacts"] == 0
    with time_machine.travel(timezone.now() + LATER):
        assert expiring.expire()["contacts"] == 1
        assert expiring.expire()["contacts"] == 0
    point.refresh_from_db()
    assert (point.value, point.removed_at is None) == ("", False)


def test_a_fresh_proof_cannot_silence_a_contact_at_once(person: Registrant) -> None:
    point, email = ContactPoint.objects.filter(registrant=person).order_by("created_at")
    actor = Actor.person(person.pk)
    with pytest.raises(ProofTooFresh):
        remove_contact(actor=actor, person=person, point=point, proved_by=email)
    with pytest.raises(ProofTooFresh):
        remove_contact(actor=actor, person=person, point=point, proved_by=None)
    remove_contact(actor=actor, person=person, point=point, proved_by=people.stood(email))
    point.refresh_from_db()
    assert point.removed_at is not None


def test_the_last_way_in_stays_while_the_new_one_is_held() -> None:
    person = people.register(phones=["+96170555107"])
    point = people.stood(first(person))
    actor = Actor.person(person.pk)
    with pytest.raises(LastContact):
        leave_contact(actor=actor, person=person, point=point)
    added(person)
    with pytest.raises(LastContact):
        remove_contact(actor=actor, person=person, point=point, proved_by=point)
    leave_contact(actor=actor, person=person, point=point)
    point.refresh_from_db()
    assert point.leaves_at is not None


def test_nobody_is_left_without_a_way_in_when_the_days_are_over(person: Registrant) -> None:
    point, email = ContactPoint.objects.filter(registrant=person).order_by("created_at")
    leave_contact(actor=Actor.person(person.pk), person=person, point=point)
    ContactPoint.objects.filter(pk=email.pk).update(removed_at=timezone.now())
    with time_machine.travel(timezone.now() + LATER):
        assert expiring.expire()["contacts"] == 0
    point.refresh_from_db()
    assert (point.removed_at, point.leaves_at) == (None, None)


def test_the_old_contact_undoes_everything_and_signs_everybody_else_out(
    person: Registrant,
) -> None:
    thief, owner = Client(), Client()
    sign_in(thief, person)
    point = first(person)
    new = added(person)
    leave_contact(actor=Actor.person(person.pk), person=person, point=point)
    sign_in(owner, person)
    assert "It was not me: undo it" in text_of(owner.get("/my/"))
    page = owner.post("/my/contacts/undo/", follow=True)
    assert "every other device is signed out" in text_of(page)
    assert thief.get("/my/").headers["Location"] == "/my/sign-in/"
    new.refresh_from_db()
    point.refresh_from_db()
    assert new.removed_at is not None
    assert point.leaves_at is None
    assert undo_changes(actor=Actor.person(person.pk), person=person) == 0
    acts = set(AuditEvent.objects.filter(subject_id=person.pk).values_list("act", flat=True))
    assert {"registry.contact-leaving", "registry.contact-stays"} <= acts
