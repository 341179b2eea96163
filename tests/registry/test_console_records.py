"""Opening a record: for a reason, for ten minutes, within the district, within limits."""

from __future__ import annotations

import datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import StaffUser
from accounts.services import end_mandates
from audit.models import AuditEvent
from audit.recording import Actor
from encryption.identifiers import new_id
from registry.models import Channel, ContactLogEntry, Registrant
from registry.registration import ContactEntry
from registry.services.erasing import erase_person
from registry.services.keeping import add_companion, add_emergency_contact
from tests.people import register
from tests.registry.consoles import officer, open_record_of, words_of

pytestmark = pytest.mark.django_db


def show(client: Client, person: Registrant) -> str:
    """Return the HTML of a record's address."""
    return words_of(client.get(reverse("console:record-show", args=[person.pk])))


def full_person() -> Registrant:
    """Register somebody with everything a record can hold."""
    person = register(
        given_names="Amal",
        family_names="Haddad",
        phones=["+96170123456"],
        emails=["amal@mail.example"],
        passport="XM1234567",
        place="Rue Gouraud 5",
        birth={"year": 1990, "month": 4, "day": 2},
        other_languages=("ar",),
    )
    actor = Actor.person(person.pk)
    add_companion(
        actor=actor, person=person, name="Nour Haddad", birth={"year": 2015}, relation="child"
    )
    add_emergency_contact(
        actor=actor,
        person=person,
        name="Karim Aoun",
        relation="sibling",
        entry=ContactEntry(Channel.SMS, "+33612345678"),
    )
    return person


def test_a_record_asks_why_and_shows_nothing_in_full_before() -> None:
    person = full_person()
    page = show(officer(), person)
    assert "Why do you open this record?" in page
    assert "Amal H…" in page
    for value in ("Haddad", "+96170123456", "XM1234567", "Gouraud", "Nour", "Karim"):
        assert value not in page
    assert not AuditEvent.objects.filter(act="registry.record-opened").exists()


def test_an_opened_record_shows_everything_and_is_kept_by_no_browser() -> None:
    person = full_person()
    response = open_record_of(officer(), person, "document")
    page = words_of(response)
    for value in (
        *("Amal Haddad", "+96170123456", "amal@mail.example", "XM1234567", "Rue Gouraud 5"),
        *("Nour Haddad", "Karim Aoun", "+33612345678", "April 2, 1990", "Arabic"),
        "Text message in a crisis",
    ):
        assert value in page
    assert response["Cache-Control"] == "no-store"
    title = page.partition("<title>")[2].partition("</title>")[0]
    assert "Haddad" not in title
    event = AuditEvent.objects.get(act="registry.record-opened")
    assert (event.subject_id, event.reason) == (person.pk, "document")


def test_without_a_reason_nothing_opens() -> None:
    person = register()
    client = officer()
    page = words_of(open_record_of(client, person, ""))
    assert "Choose why you open this record." in page
    assert "Why do you open this record?" in show(client, person)
    assert "Why do you open" in words_of(open_record_of(client, person, "curiosity"))
    assert not AuditEvent.objects.filter(act="registry.record-opened").exists()


def test_an_opening_lasts_ten_minutes_for_this_person_and_this_session_only() -> None:
    person, other = register(), register()
    client, colleague = officer(), officer()
    open_record_of(client, person)
    assert "Why do you open" not in show(client, person)
    assert "Why do you open" in show(client, other)
    assert "Why do you open" in show(colleague, person)
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=9)):
        assert "Why do you open" not in show(client, person)
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=11)):
        assert "Why do you open" in show(client, person)


def test_signing_out_closes_every_record() -> None:
    person = register()
    client = officer()
    open_record_of(client, person)
    client.post(reverse("account_logout"))
    assert client.get(reverse("console:record-show", args=[person.pk])).status_code == 302


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("console:record-show", "get"),
        ("console:record-open", "post"),
        ("console:call-note", "get"),
        ("console:call-note", "post"),
        ("console-messages:message-write", "get"),
        ("console-messages:message-write", "post"),
        ("console-messages:message-list", "get"),
    ],
)
def test_somebody_elsewhere_looks_exactly_like_nobody(name: str, method: str) -> None:
    there = register(country="FR", area="FR-IDF")
    client = officer("beirut")
    data = {"reason": "asked", "outcome": "reached", "text": "x"}
    pages = [
        getattr(client, method)(reverse(name, args=[person_id]), data)
        for person_id in (there.pk, new_id())
    ]
    assert [page.status_code for page in pages] == [404, 404]
    assert pages[0].content == pages[1].content
    assert dict(pages[0].headers) == dict(pages[1].headers)


def test_an_opening_ends_when_the_mandate_does() -> None:
    person = register()
    client = officer()
    open_record_of(client, person)
    user_id = AuditEvent.objects.get(act="accounts.signed-in").actor_id
    assert user_id is not None
    end_mandates(actor=Actor.machine(), user=StaffUser.objects.get(pk=user_id))
    assert client.get(reverse("console:record-show", args=[person.pk])).status_code == 404


def test_an_erased_person_is_gone_from_an_open_record() -> None:
    person = register()
    client = officer()
    open_record_of(client, person)
    erase_person(actor=Actor.person(person.pk), person=person)
    assert client.get(reverse("console:record-show", args=[person.pk])).status_code == 404


def test_the_limit_shows_a_page_that_says_what_to_do(settings: Settings) -> None:
    settings.RECORDS_PER_HOUR = 1
    people = [register() for _ in range(2)]
    client = officer()
    open_record_of(client, people[0])
    response = open_record_of(client, people[1])
    assert response.status_code == 429
    assert "within one hour (1)" in words_of(response)
    assert "Why do you open" in show(client, people[1])
    assert AuditEvent.objects.filter(act="registry.record-refused").count() == 1


def test_a_record_costs_the_same_however_much_it_holds(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    person = full_person()
    actor = Actor.person(person.pk)
    for number in range(15):
        add_companion(
            actor=actor, person=person, name=f"Child {number}", birth=None, relation="child"
        )
        add_emergency_contact(
            actor=actor,
            person=person,
            name=f"Friend {number}",
            relation="friend",
            entry=ContactEntry(Channel.SMS, f"+3361234{number:04d}"),
        )
    client = officer()
    open_record_of(client, person)
    for _ in range(15):
        _note_call(client, person, note="Called")
    with django_assert_max_num_queries(22):
        page = show(client, person)
    assert page.count("Called") == 15


def _note_call(client: Client, person: Registrant, **data: str) -> object:
    return client.post(
        reverse("console:call-note", args=[person.pk]),
        {"entry": str(new_id()), "outcome": "reached", **data},
        follow=True,
    )


def test_a_call_is_noted_sealed_and_audited_without_its_words() -> None:
    person = register()
    client = officer()
    open_record_of(client, person)
    page = words_of(_note_call(client, person, outcome="no-answer", note="Rang twice, a child"))
    assert "The call is noted." in page
    assert "Rang twice, a child" in page
    assert "Call: No answer" in page
    stored = str(list(ContactLogEntry.objects.values()))
    assert "Rang" not in stored
    event = AuditEvent.objects.get(act="registry.call-logged")
    assert event.subject_id == person.pk
    assert event.detail == {"outcome": "no-answer"}


def test_a_call_sent_twice_is_one_call() -> None:
    person = register()
    client = officer()
    open_record_of(client, person)
    entry = str(new_id())
    for _ in range(2):
        _note_call(client, person, entry=entry, note="once")
    assert ContactLogEntry.objects.count() == 1


def test_a_call_without_outcome_loses_nothing_typed() -> None:
    person = register()
    client = officer()
    open_record_of(client, person)
    page = words_of(_note_call(client, person, outcome="", note="Kept words"))
    assert "Choose how the call ended." in page
    assert "Kept words" in page


def test_words_written_while_the_record_closed_are_saved_or_kept() -> None:
    person = register()
    client = officer()
    start = timezone.now()
    open_record_of(client, person)
    with time_machine.travel(start + datetime.timedelta(minutes=14)):
        assert "Why do you open" in words_of(_note_call(client, person, note="Within reach"))
        assert ContactLogEntry.objects.count() == 1
    with time_machine.travel(start + datetime.timedelta(minutes=28)):
        client.get(reverse("console:people-find"))
    with time_machine.travel(start + datetime.timedelta(minutes=40)):
        page = words_of(_note_call(client, person, note="Too late but kept"))
    assert "The record has closed meanwhile" in page
    assert "Too late but kept" in page
    assert ContactLogEntry.objects.count() == 1


def test_a_call_cannot_be_noted_without_opening() -> None:
    person = register()
    client = officer()
    address = reverse("console:call-note", args=[person.pk])
    assert client.get(address).url == reverse(  # type: ignore[attr-defined]
        "console:record-show", args=[person.pk]
    )
    assert "The record has closed" in words_of(_note_call(client, person, note="x"))
    assert not ContactLogEntry.objects.exists()
