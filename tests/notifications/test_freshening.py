"""Asking whether somebody is still there: who is asked, how they answer, what it changes."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.recording import Actor
from consent.services import record_answers
from demo.mailbox import Mailbox
from demo.smsgateway import SmsGateway
from encryption.identifiers import new_id
from encryption.keyring import keyring
from notifications import addressing, receiving, sending
from notifications.freshening import ASKED_AFTER_DAYS, MOST_QUESTIONS, ask_around
from notifications.holdings import everything_held
from notifications.links import answer_reference
from notifications.models import Delivery, InboundMessage, Lane, StayQuestion
from registry.indexing import contact_token
from registry.models import Channel, ContactPoint, Registrant, Stay, StayKind, StayObservation
from registry.services.erasing import erase_person
from tests.people import crisis, phone, register, released
from tests.registry.portal_visits import text_of

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)


def grow_old(person: Registrant, days: int = 400) -> None:
    """Let a person's stays be as old as if nothing had been heard for so many days."""
    before = timezone.now() - datetime.timedelta(days=days)
    Stay.objects.filter(registrant=person).update(last_confirmed_at=before)
    StayQuestion.objects.filter(stay__registrant=person).update(asked_at=before)


def month_later() -> None:
    ago = timezone.now() - datetime.timedelta(days=31)
    StayQuestion.objects.update(asked_at=ago)


def asked_of(person: Registrant) -> int:
    return StayQuestion.objects.filter(stay__registrant=person).count()


@pytest.fixture
def old() -> Registrant:
    person = register(phones=[phone()])
    grow_old(person)
    return person


def link_to(person: Registrant) -> str:
    delivery = Delivery.objects.filter(registrant_id=person.pk).latest("dispatch_id")
    return f"/a/{answer_reference(delivery.dispatch_id, delivery.seq)}"


def test_an_old_stay_is_asked_about_and_a_fresh_one_is_not(old: Registrant) -> None:
    fresh = register()
    assert ask_around() == 1
    assert (asked_of(old), asked_of(fresh)) == (1, 0)
    # Not again before a month has passed.
    assert ask_around() == 0


def test_each_kind_of_stay_has_its_own_patience(old: Registrant) -> None:
    for kind, days in ASKED_AFTER_DAYS.items():
        StayQuestion.objects.all().delete()
        Stay.objects.update(kind=kind)
        grow_old(old, days - 1)
        assert ask_around() == 0, kind
        grow_old(old, days + 1)
        assert ask_around() == 1, kind


def test_who_never_answers_is_asked_three_times_by_each_way_in_turn() -> None:
    person = register(phones=[phone()], emails=["amal@mail.example"])
    grow_old(person)
    for _ in range(MOST_QUESTIONS + 2):
        ask_around()
        month_later()
    channels = Delivery.objects.filter(registrant_id=person.pk).order_by("dispatch_id")
    assert list(channels.values_list("channel", flat=True)) == [
        Channel.EMAIL,
        Channel.SMS,
        Channel.EMAIL,
    ]


def test_only_proved_ways_that_the_person_allows_are_used(old: Registrant) -> None:
    unproved = register(is_confirmed=False)
    refused = register(consents={})
    bounced = register()
    ContactPoint.objects.filter(registrant=bounced).update(bounced_at=timezone.now())
    restricted = register()
    Registrant.objects.filter(pk=restricted.pk).update(restricted_at=timezone.now())
    for person in (unproved, refused, bounced, restricted):
        grow_old(person)
    assert ask_around() == 1
    assert asked_of(old) == 1


def test_who_said_stop_is_asked_no_more(old: Registrant) -> None:
    record_answers(
        actor=Actor.person(old.pk),
        subject_id=old.pk,
        language="en",
        answers={"crisis_alert_sms": False},
        channel="sms",
        method="keyword",
    )
    assert ask_around() == 0


def test_a_stay_that_ended_or_has_not_begun_is_not_asked_about(old: Registrant) -> None:
    day = datetime.timedelta(days=1)
    Stay.objects.update(until_on=timezone.localdate() - day)
    assert ask_around() == 0
    Stay.objects.update(until_on=None, ended_at=timezone.now())
    assert ask_around() == 0
    Stay.objects.update(ended_at=None, from_on=timezone.localdate() + day)
    assert ask_around() == 0


@pytest.mark.parametrize("answer", ["here", "moved", "home"])
def test_one_press_answers_and_the_link_is_dead_afterwards(
    client: Client, old: Registrant, answer: str
) -> None:
    ask_around()
    link, before = link_to(old), Stay.objects.get()
    assert client.get(link).status_code == 200
    # Programs that look into mails open links: that answers nothing.
    assert StayQuestion.objects.get().answered_at is None
    assert client.post(link, {"answer": answer}).status_code == 200
    stay, question = Stay.objects.get(), StayQuestion.objects.get()
    assert question.answer == answer
    assert (stay.last_confirmed_at > before.last_confirmed_at) == (answer == "here")
    assert (stay.ended_at is not None) == (answer == "home")
    for again in (client.get(link), client.post(link, {"answer": "home"})):
        assert again.status_code == 410
    assert StayQuestion.objects.get().answer == answer


def test_the_page_tells_a_finder_nothing_and_lets_them_read_nothing(client: Client) -> None:
    person = register(given_names="Unmistakable", place="Hamra")
    grow_old(person)
    ask_around()
    link = link_to(person)
    page = text_of(client.get(link))
    for hidden in ("Unmistakable", "Hamra", "Beirut", "Lebanon"):
        assert hidden not in page
    client.post(link, {"answer": "here"})
    assert client.get("/my/").status_code == 302


def test_a_link_dies_after_fourteen_days_and_with_its_person(
    client: Client, old: Registrant
) -> None:
    ask_around()
    link = link_to(old)
    StayQuestion.objects.update(asked_at=timezone.now() - datetime.timedelta(days=15))
    assert client.post(link, {"answer": "here"}).status_code == 410
    erase_person(actor=Actor.person(old.pk), person=old)
    assert client.get(link).status_code == 410
    assert not StayQuestion.objects.exists()


def test_an_answer_that_is_none_changes_nothing(client: Client, old: Registrant) -> None:
    ask_around()
    page = client.post(link_to(old), {"answer": "erase"})
    assert "Press one of the three buttons." in text_of(page)
    assert StayQuestion.objects.get().answered_at is None


def test_what_was_asked_and_answered_is_handed_over(client: Client, old: Registrant) -> None:
    ask_around()
    client.post(link_to(old), {"answer": "moved"})
    (asked,) = everything_held(old)["still_there"]
    assert (asked["country"], asked["answer"]) == ("LB", "moved")


def test_what_an_answer_teaches_names_nobody(client: Client, old: Registrant) -> None:
    ask_around()
    client.post(link_to(old), {"answer": "moved"})
    seen = StayObservation.objects.get()
    assert (seen.kind, seen.country_id, seen.age_days, seen.is_there) == (
        StayKind.RESIDENCE,
        "LB",
        400,
        False,
    )
    erase_person(actor=Actor.person(old.pk), person=old)
    assert StayObservation.objects.count() == 1


def text_in(number: str, words: str) -> InboundMessage:
    """Take a text message from a phone."""
    message = InboundMessage.objects.create(
        provider="demo",
        event_id=str(new_id()),
        sender_token=contact_token(Channel.SMS, number),
        body=keyring().seal_for_system(receiving.SEAL_PURPOSE, words.encode()),
    )
    receiving.apply_inbound()
    message.refresh_from_db()
    return message


@pytest.mark.parametrize(
    ("words", "answer", "is_read_by_a_person"),
    [("HERE", "here", False), ("MOVED Zahle", "moved", True), ("HOME", "home", False)],
)
def test_a_word_by_text_answers_as_the_link_does(
    client: Client, words: str, answer: str, is_read_by_a_person: bool
) -> None:
    number = phone()
    person = register(phones=[number])
    grow_old(person)
    ask_around()
    link, before = link_to(person), Stay.objects.get().last_confirmed_at
    assert text_in(number, words).needs_reading is is_read_by_a_person
    stay = Stay.objects.get()
    assert StayQuestion.objects.get().answer == answer
    assert (stay.last_confirmed_at > before) == (answer == "here")
    assert (stay.ended_at is not None) == (answer == "home")
    assert client.get(link).status_code == 410


@committed
def test_home_from_a_phone_that_several_share_is_read_by_a_person() -> None:
    number = phone()
    for _ in range(2):
        register(phones=[number])
    addressing.freeze(released(crisis()).pk)
    assert text_in(number, "HOME").needs_reading
    assert not Stay.objects.filter(ended_at__isnull=False).exists()


@committed
def test_the_message_leaves_and_says_no_place(mailbox: Mailbox, sms_gateway: SmsGateway) -> None:
    people = [register(phones=[phone()]), register(phones=[], emails=["amal@mail.example"])]
    for person in people:
        grow_old(person)
    assert ask_around() == 2
    sending.drain(lane=Lane.ROUTINE)
    texts: list[Any] = [sms.text for sms in sms_gateway.messages]
    texts += [str(mail) for mail in mailbox.messages]
    assert len(texts) == 2
    for text in texts:
        assert re.search(r"/a/[\w-]{22}", text)
        assert "Beirut" not in text
