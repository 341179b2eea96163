"""Coming back, staying signed in for a while, and leaving without a trace."""

from __future__ import annotations

import datetime

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from audit.recording import Actor
from encryption.models import PersonKey
from registry.models import RegistrationDraft
from registry.services.erasing import erase_person
from registry.services.proving import code_of
from tests import people
from tests.registry.portal_visits import ask_to_sign_in, send_where, sign_in, text_of

pytestmark = pytest.mark.django_db

MINE = [
    "/my/",
    "/my/moved/",
    "/my/gone-home/",
    "/my/details/",
    "/my/looks/",
    "/my/erase/",
    "/my/choices/",
    "/my/contacts/add/",
    "/my/companions/add/",
    "/my/emergency-contacts/add/",
    "/my/new-code/",
    "/my/messages/",
    "/my/download/",
]


@pytest.mark.parametrize("path", MINE)
def test_strangers_are_led_to_the_sign_in_page(client: Client, path: str) -> None:
    page = client.get(path)
    assert (page.status_code, page.headers["Location"]) == (302, "/my/sign-in/")


@pytest.mark.parametrize("path", MINE)
def test_every_page_of_mine_opens_and_offers_the_quick_way_out(client: Client, path: str) -> None:
    sign_in(client, people.register(given_names="Unmistakable"))
    page = client.get(path)
    assert page.status_code == 200
    assert 'href="/leave/"' in text_of(page)
    assert page.headers["Cache-Control"] == "no-store"


def test_half_an_hour_of_silence_ends_a_session(client: Client) -> None:
    sign_in(client, people.register())
    now = timezone.now()
    with time_machine.travel(now + datetime.timedelta(minutes=29), tick=True):
        assert client.get("/my/").status_code == 200
    with time_machine.travel(now + datetime.timedelta(minutes=60), tick=True):
        assert client.get("/my/").headers["Location"] == "/my/sign-in/"


def test_signing_in_takes_a_new_session_and_drops_the_old(client: Client) -> None:
    person = people.register()
    proof = ask_to_sign_in(client, person.contacts.get().value)
    before = client.cookies["portal_session"].value
    client.post("/my/sign-in/code/", {"code": code_of(proof)})
    assert client.cookies["portal_session"].value != before
    assert not Session.objects.filter(session_key=before).exists()


def test_a_session_holds_no_value_of_a_person(client: Client) -> None:
    send_where(client)
    sign_in(client, people.register(given_names="Unmistakable"))
    kept = [str(session.get_decoded()) for session in Session.objects.all()]
    assert kept
    for value in ("Unmistakable", "+961", "3123456", "Hamra", "mail.example"):
        assert not [content for content in kept if value in content]


def test_a_code_counts_only_for_the_visitor_who_asked(client: Client) -> None:
    person = people.register()
    proof = ask_to_sign_in(client, person.contacts.get().value)
    stranger = Client()
    ask_to_sign_in(stranger, "+96170555009")
    page = stranger.post("/my/sign-in/code/", {"code": code_of(proof)})
    assert page.status_code == 200
    assert stranger.get("/my/").headers["Location"] == "/my/sign-in/"


def test_somebody_erased_elsewhere_is_signed_out(client: Client) -> None:
    person = people.register()
    sign_in(client, person)
    erase_person(actor=Actor.person(person.pk), person=person)
    assert client.get("/my/").headers["Location"] == "/my/sign-in/"
    assert client.post("/my/still-here/").headers["Location"] == "/my/sign-in/"


def test_staff_pages_do_not_share_the_session(client: Client) -> None:
    sign_in(client, people.register())
    assert client.cookies["portal_session"].value
    assert "staff_session" not in client.cookies


def test_signing_out_ends_the_session(client: Client) -> None:
    sign_in(client, people.register())
    key = client.cookies["portal_session"].value
    assert client.get("/my/sign-out/").status_code == 405
    assert client.post("/my/sign-out/").headers["Location"] == "/"
    assert not Session.objects.filter(session_key=key).exists()
    assert client.get("/my/").headers["Location"] == "/my/sign-in/"


def test_leaving_ends_the_session_and_lands_on_a_page_that_tells_nothing(client: Client) -> None:
    sign_in(client, people.register())
    left = client.get("/leave/")
    assert (left.status_code, left.headers["Location"]) == (303, "/calendar/")
    assert '"cookies"' in left.headers["Clear-Site-Data"]
    assert client.cookies["portal_session"].value == ""
    assert Session.objects.count() == 0
    page = text_of(client.get("/calendar/"))
    for telling in ("Abroad", "Meridia", "egist", "onsul", 'href="/"', "/my/"):
        assert telling not in page


def test_leaving_forgets_an_unfinished_registration(client: Client) -> None:
    send_where(client)
    client.get("/leave/")
    assert RegistrationDraft.objects.count() == 0
    assert PersonKey.objects.count() == 0


@pytest.mark.parametrize("path", ["/my/erase/", "/my/download/"])
def test_what_cannot_be_undone_needs_a_code_typed_minutes_ago(client: Client, path: str) -> None:
    person = people.register()
    sign_in(client, person)
    assert client.get(path).status_code == 200
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=11), tick=True):
        for answer in (client.get(path), client.post(path)):
            assert answer.headers["Location"] == "/my/new-code/"
        contact = person.contacts.get()
        client.post("/my/new-code/", {"contact": contact.pk})
        proof = contact.proofs.latest("pk")
        page = client.post("/my/sign-in/code/", {"code": code_of(proof)})
        assert page.headers["Location"] == path
        assert client.get(path).status_code == 200


def test_a_new_code_goes_only_to_a_confirmed_contact_of_mine(client: Client) -> None:
    person = people.register()
    stranger = people.register()
    sign_in(client, person)
    for contact_id in (stranger.contacts.get().pk, "nothing"):
        page = client.post("/my/new-code/", {"contact": contact_id})
        assert page.status_code == 200
        assert "Choose one of your contacts." in text_of(page)


def test_a_phone_two_people_share_keeps_to_the_person_signed_in(client: Client) -> None:
    shared = "+96170555010"
    people.register(given_names="First", phones=[shared])
    second = people.register(given_names="Second", phones=[shared], emails=["second@mail.example"])
    proof = ask_to_sign_in(client, "second@mail.example")
    client.post("/my/sign-in/code/", {"code": code_of(proof)})
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=11), tick=True):
        client.get("/my/download/")
        phone = second.contacts.get(channel=2)
        client.post("/my/new-code/", {"contact": phone.pk})
        client.post("/my/sign-in/code/", {"code": code_of(phone.proofs.latest("pk"))})
        assert "Second" in text_of(client.get("/my/"))


def test_capitals_in_an_address_do_not_lock_anybody_out(client: Client) -> None:
    person = people.register(emails=["Amal.Haddad@mail.example"])
    proof = ask_to_sign_in(client, "amal.haddad@Mail.example")
    assert proof.contact_point is not None
    assert proof.contact_point.value == "Amal.Haddad@mail.example"
    client.post("/my/sign-in/code/", {"code": code_of(proof)})
    assert client.get("/my/").status_code == 200
    assert person.pk == proof.contact_point.registrant_id
