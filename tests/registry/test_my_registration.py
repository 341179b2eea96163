"""My registration: seeing, moving, correcting, allowing, adding people, taking along, erasing."""

from __future__ import annotations

import datetime
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from audit.models import AuditEvent
from audit.recording import Actor
from consent.models import ConsentEvent, LiveConsent
from encryption.models import PersonKey
from registry.access import open_record
from registry.models import (
    Companion,
    ContactPoint,
    EmergencyContact,
    ErasedPerson,
    LookReason,
    Registrant,
    Stay,
)
from registry.registration import PersonEntry
from registry.services.erasing import erase_person
from registry.services.keeping import correct_person
from tests import people
from tests.registry.portal_visits import errors_in, sent_code, sign_in, text_of

pytestmark = pytest.mark.django_db

STAY = {"country": "FR", "kind": "study", "place": "Lyon"}


@pytest.fixture
def person() -> Registrant:
    return people.register(
        given_names="Amal",
        family_names="Haddad",
        phones=["+96170555001"],
        emails=["amal@mail.example"],
        passport="AB1234567",
        birth={"year": 1990, "month": 4},
        place="Hamra",
    )


@pytest.fixture
def mine(client: Client, person: Registrant) -> Client:
    """The portal with that person signed in."""
    sign_in(client, person)
    return client


def test_contacts_and_passport_are_shown_only_in_part(mine: Client) -> None:
    page = text_of(mine.get("/my/"))
    for shown in ("Amal", "Haddad", "April 1990", "Hamra", "Beirut", "+961 •••••• 01", "•••• 67"):
        assert shown in page, shown
    for hidden in ("70555001", "amal@", "AB1234567"):
        assert hidden not in page


def test_still_here_is_one_press(mine: Client, person: Registrant) -> None:
    Stay.objects.update(last_confirmed_at=timezone.now() - datetime.timedelta(days=90))
    page = mine.post("/my/still-here/", follow=True)
    assert "We have noted that you are still there." in text_of(page)
    fresh = timezone.now() - datetime.timedelta(minutes=1)
    assert Stay.objects.get(registrant=person).last_confirmed_at > fresh
    assert AuditEvent.objects.filter(act="registry.stay-confirmed", subject_id=person.pk).exists()


def test_moving_ends_one_stay_and_begins_another(mine: Client, person: Registrant) -> None:
    assert mine.post("/my/moved/", STAY).headers["Location"] == "/my/"
    stays = Stay.objects.filter(registrant=person)
    assert stays.filter(ended_at=None).get().country_id == "FR"
    assert stays.exclude(ended_at=None).get().country_id == "LB"
    assert "France" in text_of(mine.get("/my/"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("path", "fields"),
    [("/my/moved/", STAY), ("/my/contacts/add/", {"contact": "noor@mail.example"})],
)
def test_pressing_twice_at_the_same_moment_does_it_once(
    mine: Client, person: Registrant, path: str, fields: dict[str, str]
) -> None:
    def press(_number: int) -> int:
        twin = Client()
        twin.cookies = mine.cookies
        try:
            return twin.post(path, fields).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as presses:
        assert list(presses.map(press, range(4))) == [302] * 4
    assert Stay.objects.filter(registrant=person, ended_at=None).count() == 1
    assert ContactPoint.objects.filter(registrant=person, confirmed_at=None).count() <= 1


@pytest.mark.django_db(transaction=True)
def test_a_change_that_overtakes_an_erasure_brings_nobody_back(
    mine: Client, person: Registrant
) -> None:
    stale = Registrant.objects.get(pk=person.pk)
    assert stale.given_names == "Amal"
    erase_person(actor=Actor.person(person.pk), person=person)
    with pytest.raises(Registrant.DoesNotExist):
        correct_person(
            actor=Actor.person(person.pk), person=stale, entry=PersonEntry(alias="X"), language="en"
        )
    assert not Registrant.objects.exists()


def test_areas_of_the_new_country_come_without_javascript(mine: Client) -> None:
    page = mine.post("/my/moved/", {**STAY, "show_areas": "on"})
    assert 'value="FR-ARA"' in text_of(page)
    assert "Lyon" in text_of(page)
    assert errors_in(page) == []


def test_going_home_asks_first_and_can_be_undone(mine: Client, person: Registrant) -> None:
    assert "Yes, I have gone home" in text_of(mine.get("/my/gone-home/"))
    assert Stay.objects.filter(registrant=person, ended_at=None).exists()
    mine.post("/my/gone-home/")
    assert not Stay.objects.filter(registrant=person, ended_at=None).exists()
    assert "I am abroad again" in text_of(mine.get("/my/"))
    assert mine.post("/my/still-here/").headers["Location"] == "/my/moved/"
    mine.post("/my/moved/", STAY)
    assert Stay.objects.filter(registrant=person, ended_at=None).get().country_id == "FR"


def test_a_stay_whose_end_has_passed_is_asked_about(client: Client) -> None:
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    person = people.register(until_on=tomorrow)
    with time_machine.travel(timezone.now() + datetime.timedelta(days=3), tick=True):
        sign_in(client, person)
        assert "The end of your stay has passed." in text_of(client.get("/my/"))


def test_correcting_keeps_the_passport_number_nobody_typed(
    mine: Client, person: Registrant
) -> None:
    form = {"given_names": "Amal Noor", "language": "ar", "languages": ["ar", "fr"]}
    page = text_of(mine.get("/my/details/"))
    assert 'value="Amal"' in page
    assert "AB1234567" not in page
    assert mine.post("/my/details/", form).headers["Location"] == "/my/"
    person = Registrant.objects.get(pk=person.pk)
    assert (person.given_names, person.family_names) == ("Amal Noor", "")
    assert (person.language, person.other_languages) == ("ar", ["fr"])
    assert person.passport_number == "AB1234567"
    mine.post("/my/details/", {**form, "passport_number": "cd 765 4321"})
    assert Registrant.objects.get(pk=person.pk).passport_number == "CD7654321"
    both = mine.post("/my/details/", {**form, "passport_number": "X12345", "drop_passport": "on"})
    assert errors_in(both) == ["Type a new number, or tick that we should remove it, not both."]
    mine.post("/my/details/", {**form, "drop_passport": "on"})
    person = Registrant.objects.get(pk=person.pk)
    assert (person.passport_number, person.passport_token) == ("", None)


def test_a_contact_is_added_and_confirmed(mine: Client, person: Registrant) -> None:
    page = mine.post("/my/contacts/add/", {"contact": "noor@mail.example"})
    added = ContactPoint.objects.get(registrant=person, confirmed_at=None)
    path = f"/my/contacts/{added.pk}/code/"
    assert page.headers["Location"] == path
    assert "n••••@mail.example" in text_of(mine.get(path))
    assert mine.post(path, {"code": sent_code(added)}).headers["Location"] == "/my/"
    added.refresh_from_db()
    assert added.confirmed_at is not None


def test_removing_asks_first_and_keeps_the_last_confirmed_contact(
    mine: Client, person: Registrant
) -> None:
    phone = ContactPoint.objects.get(registrant=person, channel=2)
    email = ContactPoint.objects.get(registrant=person, channel=1)
    assert "Remove this contact?" in text_of(mine.get(f"/my/contacts/{phone.pk}/remove/"))
    people.stood(phone)
    mine.post(f"/my/contacts/{phone.pk}/remove/", {"when": "now"})
    phone.refresh_from_db()
    assert phone.removed_at is not None
    page = mine.post(f"/my/contacts/{email.pk}/remove/", follow=True)
    assert "This is your only confirmed contact." in text_of(page)
    email.refresh_from_db()
    assert email.removed_at is None


@pytest.mark.parametrize(
    "path",
    [
        "/my/contacts/{contact}/remove/",
        "/my/contacts/{contact}/code/",
        "/my/companions/{companion}/remove/",
        "/my/emergency-contacts/{emergency}/remove/",
    ],
)
def test_what_belongs_to_somebody_else_is_not_there(mine: Client, path: str) -> None:
    stranger = Client()
    other = people.register()
    sign_in(stranger, other)
    stranger.post("/my/companions/add/", {"name": "Nour", "relation": "child"})
    stranger.post(
        "/my/emergency-contacts/add/",
        {"name": "Sami", "relation": "sibling", "contact": "+33612345678"},
    )
    address = path.format(
        contact=ContactPoint.objects.get(registrant=other).pk,
        companion=Companion.objects.get(registrant=other).pk,
        emergency=EmergencyContact.objects.get(registrant=other).pk,
    )
    assert mine.post(address).status_code == 404
    assert Companion.objects.count() == EmergencyContact.objects.count() == 1


def test_companions_come_and_go(mine: Client, person: Registrant) -> None:
    mine.post("/my/companions/add/", {"name": "نور", "relation": "child", "birth_year": "2019"})
    companion = Companion.objects.get(registrant=person)
    assert (companion.name, companion.birth) == ("نور", {"year": 2019})
    page = text_of(mine.get("/my/"))
    assert "نور" in page
    assert "2019" in page
    mine.post(f"/my/companions/{companion.pk}/remove/")
    assert not Companion.objects.exists()


def test_emergency_contacts_are_masked_and_need_their_own_consent(
    mine: Client, person: Registrant
) -> None:
    mine.post(
        "/my/emergency-contacts/add/",
        {"name": "Sami", "relation": "sibling", "contact": "+33 6 12 34 56 78"},
    )
    contact = EmergencyContact.objects.get(registrant=person)
    assert contact.value == "+33612345678"
    page = text_of(mine.get("/my/"))
    assert "Sami" in page
    assert "12345678" not in page
    assert not LiveConsent.objects.filter(
        subject_id=person.pk, purpose_code="family_contact"
    ).exists()
    mine.post(f"/my/emergency-contacts/{contact.pk}/remove/")
    assert not EmergencyContact.objects.exists()


def test_a_consent_is_withdrawn_in_one_press_and_at_once(mine: Client, person: Registrant) -> None:
    live = LiveConsent.objects.filter(subject_id=person.pk, purpose_code="crisis_alert_sms")
    assert live.exists()
    assert 'action="/my/choices/crisis_alert_sms/"' in text_of(mine.get("/my/"))
    mine.post("/my/choices/crisis_alert_sms/", {"answer": "off"})
    assert not live.exists()
    mine.post("/my/choices/crisis_alert_sms/", {"answer": "on"})
    assert live.exists()
    states = ConsentEvent.objects.filter(subject_id=person.pk, purpose="crisis_alert_sms")
    assert [event.state for event in states.order_by("pk")] == ["given", "withdrawn", "given"]
    history = text_of(mine.get("/my/choices/"))
    assert history.count("Send me a text message if there is danger where I am.") == 3
    assert "You switched it off" in history


def test_a_switch_counts_for_the_words_beside_it(mine: Client, person: Registrant) -> None:
    fields = {"answer": "on", "shown_in": "ar"}
    mine.post("/my/choices/service_news/", fields)
    event = ConsentEvent.objects.get(subject_id=person.pk, purpose="service_news")
    assert (event.language, event.notice.language) == ("ar", "ar")


@pytest.mark.parametrize(
    ("purpose", "answer"),
    [("registry_core", "off"), ("no_such_thing", "on"), ("crisis_alert_sms", "maybe")],
)
def test_only_what_is_asked_can_be_answered(
    mine: Client, person: Registrant, purpose: str, answer: str
) -> None:
    before = ConsentEvent.objects.count()
    assert mine.post(f"/my/choices/{purpose}/", {"answer": answer}).status_code == 404
    assert ConsentEvent.objects.count() == before


def test_the_person_sees_when_why_and_where_somebody_looked(
    mine: Client, person: Registrant
) -> None:
    assert "Nobody has opened your record." in text_of(mine.get("/my/looks/"))
    officer = people.staff(Role.OFFICER, "beirut")
    open_record(officer, person.pk, LookReason.CHECK)
    page = text_of(mine.get("/my/looks/"))
    assert "Your record was opened" in page
    assert "Checking or correcting data" in page
    assert "Embassy in Beirut" in page
    assert officer.name not in page
    assert officer.email not in page


def test_the_download_holds_everything(mine: Client, person: Registrant) -> None:
    mine.post("/my/companions/add/", {"name": "Nour", "relation": "child"})
    mine.post("/my/moved/", {"country": "LB", "kind": "work"})
    open_record(people.staff(Role.OFFICER, "beirut"), person.pk, LookReason.ASKED)
    page = mine.post("/my/download/")
    assert page.headers["Content-Disposition"] == 'attachment; filename="record.json"'
    held: dict[str, Any] = json.loads(page.content)
    assert held["registration"]["given_names"] == "Amal"
    assert held["registration"]["passport_number"] == "AB1234567"
    assert {contact["value"] for contact in held["contacts"]} == {
        "+96170555001",
        "amal@mail.example",
    }
    assert {stay["country"] for stay in held["stays"]} == {"LB"}
    assert len(held["stays"]) == 2
    assert [companion["name"] for companion in held["companions"]] == ["Nour"]
    assert {consent["state"] for consent in held["consents"]} == {"given"}
    assert [look["reason"] for look in held["consultations"]] == ["asked"]
    assert [message["kind"] for message in held["messages"]] == ["sign-in"]
    assert held["answers"] == []
    assert AuditEvent.objects.filter(
        act="registry.record-downloaded", subject_id=person.pk
    ).exists()


def test_messages_are_listed_without_their_words(mine: Client) -> None:
    page = text_of(mine.get("/my/messages/"))
    assert "A code to open your registration" in page
    assert "waiting to be sent" in page


def test_erasing_leaves_nothing_to_read_or_to_come_back_to(
    mine: Client, person: Registrant
) -> None:
    assert "You cannot undo this." in text_of(mine.get("/my/erase/"))
    assert Registrant.objects.filter(pk=person.pk).exists()
    page = mine.post("/my/erase/")
    assert "Your registration is erased" in text_of(page)
    assert not Registrant.objects.filter(pk=person.pk).exists()
    assert not PersonKey.objects.filter(person_id=person.pk).exists()
    assert ErasedPerson.objects.filter(person_id=person.pk).exists()
    assert mine.get("/my/").headers["Location"] == "/my/sign-in/"
