"""Pairs are proposed for what they share, never told to anybody, and gone with the person."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import Settings

from audit.models import AuditEvent
from audit.recording import Actor
from registry.finding.choosing import finder
from registry.finding.duplicates.proposing import propose_duplicates
from registry.finding.duplicates.searching import search_for_duplicates
from registry.finding.engine import FinderUnavailable
from registry.finding.process import Finder
from registry.models import (
    Channel,
    ContactPoint,
    DuplicateProposal,
    DuplicateSearch,
    ProposalState,
    Registrant,
)
from registry.registration import ContactEntry, PersonEntry
from registry.services.erasing import erase_person
from registry.services.keeping import add_contact, correct_person
from tests.people import load_posts, register

pytestmark = pytest.mark.django_db(transaction=True)

BORN = {"year": 1990, "month": 4, "day": 2}
PHONE = "+96170123456"


@pytest.fixture
def running(tmp_path: Path, settings: Settings) -> Iterator[None]:
    """A real finder that follows the register closely."""
    load_posts()
    settings.FINDER_SOCKET = str(tmp_path / "finder")
    process = Finder(settings.FINDER_SOCKET, every=0.05)
    thread = threading.Thread(target=process.run)
    thread.start()
    yield
    finder().close()
    process.stop()
    thread.join()


def followed(*people: Registrant) -> None:
    """Wait until the finder knows these people."""
    newest = max(
        Registrant.objects.filter(pk__in=[person.pk for person in people]).values_list(
            "changed_in", flat=True
        )
    )
    deadline = time.monotonic() + 20
    while True:
        try:
            if finder().followed_until() > newest:
                return
        except FinderUnavailable:
            pass
        assert time.monotonic() < deadline, "the finder did not follow"
        time.sleep(0.05)


def reasons() -> list[set[str]]:
    return [set(each) for each in DuplicateProposal.objects.values_list("reasons", flat=True)]


@pytest.mark.usefixtures("running")
def test_a_name_spelled_otherwise_with_the_birth_date_is_proposed() -> None:
    register(given_names="محمد", family_names="حداد", birth=BORN)
    register(given_names="Grace", family_names="Okafor", birth=BORN)
    again = register(given_names="Mohamed", family_names="Hadad", birth=BORN)
    followed(again)
    assert propose_duplicates(again.pk) == 1
    assert reasons() == [{"alike-name", "birth-date", "area"}]
    assert propose_duplicates(again.pk) == 0
    (event,) = AuditEvent.objects.filter(act="registry.duplicates-proposed")
    assert event.detail == {"people": 1, "pairs": 1}


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ({"phones": [PHONE]}, {"phones": [PHONE]}, {"phone"}),
        ({"emails": ["Amal@mail.example"]}, {"emails": ["amal@mail.example"]}, {"email"}),
        ({"passport": "XM1234567"}, {"passport": "XM1234567"}, {"passport"}),
    ],
)
def test_without_the_finder_what_is_shared_exactly_is_still_seen(
    first: dict[str, object], second: dict[str, object], shared: set[str]
) -> None:
    register(given_names="Amal", family_names="Haddad", **first)  # type: ignore[arg-type]
    again = register(given_names="Amal", family_names="Hadad", **second)  # type: ignore[arg-type]
    assert propose_duplicates(again.pk) == 1
    assert reasons() == [shared | {"alike-name", "area"}]


@pytest.mark.parametrize(
    ("given", "family", "birth"),
    [
        ("Omar", "Haddad", {"year": 1992}),
        ("Omar", "Haddad", BORN),
        ("Amal", "Haddad", {"year": 1961}),
    ],
    ids=["brother", "twin", "father of the same name"],
)
def test_a_family_that_shares_a_phone_is_left_in_peace(
    given: str, family: str, birth: dict[str, int]
) -> None:
    register(given_names="Amal", family_names="Haddad", birth=BORN, phones=[PHONE])
    other = register(given_names=given, family_names=family, birth=birth, phones=[PHONE])
    assert propose_duplicates(other.pk) == 0


def test_a_number_that_two_states_gave_out_is_no_sign() -> None:
    register(given_names="Amal", family_names="Haddad", passport="XM1234567")
    other = register(given_names="Grace", family_names="Okafor", passport="XM1234567")
    Registrant.objects.filter(pk=other.pk).update(nationality="FR")
    assert propose_duplicates(other.pk) == 0


def test_a_number_of_half_a_hotel_is_no_sign() -> None:
    people = [
        register(given_names="Amal", family_names="Haddad", phones=[PHONE]) for _ in range(21)
    ]
    assert propose_duplicates(people[0].pk) == 0


@pytest.mark.usefixtures("running")
def test_whoever_registers_corrects_or_adds_a_contact_is_compared_in_time() -> None:
    search_for_duplicates()
    one = register(given_names="Amal", family_names="Haddad", birth=BORN, phones=[PHONE])
    two = register(given_names="Layla", family_names="Khoury", birth=BORN)
    followed(one, two)
    assert search_for_duplicates() == 0
    correct_person(
        actor=Actor.person(two.pk),
        person=Registrant.objects.get(pk=two.pk),
        entry=PersonEntry(given_names="Amal", family_names="Hadad", birth=BORN),
        language="en",
    )
    followed(one, two)
    assert search_for_duplicates() == 1
    assert search_for_duplicates() == 0
    DuplicateProposal.objects.all().delete()
    three = register(given_names="Amal", family_names="Haddad")
    followed(three)
    assert search_for_duplicates() == 0
    add_contact(
        actor=Actor.person(three.pk),
        person=Registrant.objects.get(pk=three.pk),
        entry=ContactEntry(Channel.SMS, PHONE),
        language="en",
    )
    # As if the contact had been added some minutes ago: it waits until nothing can overtake it.
    ContactPoint.objects.filter(registrant=three).update(
        created_at=timezone.now() + datetime.timedelta(seconds=5)
    )
    DuplicateSearch.objects.update(contacts_until=timezone.now() - datetime.timedelta(hours=1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "registry.finding.duplicates.searching._SETTLED", datetime.timedelta(seconds=-1)
        )
        assert search_for_duplicates() == 1
    assert "phone" in reasons()[0]


def test_nobody_is_passed_over_while_the_finder_is_away(tmp_path: Path, settings: Settings) -> None:
    settings.FINDER_SOCKET = str(tmp_path / "nobody")
    register(given_names="Amal", family_names="Haddad", phones=[PHONE])
    register(given_names="Amal", family_names="Haddad", phones=[PHONE])
    assert search_for_duplicates() == 0
    assert DuplicateSearch.objects.get().changed_in == 0
    settings.FINDER_SOCKET = ""
    assert search_for_duplicates() == 1


def test_numbers_of_another_servers_past_begin_the_search_anew() -> None:
    register(given_names="Amal", family_names="Haddad", phones=[PHONE])
    register(given_names="Amal", family_names="Haddad", phones=[PHONE])
    DuplicateSearch.objects.create(changed_in=2**60, contacts_until=timezone.now())
    assert search_for_duplicates() == 1


def test_a_pair_goes_when_it_is_no_longer_alike_and_when_one_is_erased() -> None:
    people = [register(given_names="Amal", family_names="Haddad", phones=[PHONE]) for _ in "ab"]
    propose_duplicates(people[0].pk)
    assert DuplicateProposal.objects.count() == 1
    erase_person(actor=Actor.person(people[1].pk), person=Registrant.objects.get(pk=people[1].pk))
    assert DuplicateProposal.objects.count() == 0


@pytest.mark.usefixtures("running")
def test_a_corrected_name_withdraws_the_pair_and_a_dismissed_one_stays_dismissed() -> None:
    one, two = (register(given_names="Amal", family_names="Haddad", phones=[PHONE]) for _ in "ab")
    followed(one, two)
    propose_duplicates(two.pk)
    DuplicateProposal.objects.update(score=91)
    correct_person(
        actor=Actor.person(two.pk),
        person=Registrant.objects.get(pk=two.pk),
        entry=PersonEntry(given_names="Omar", family_names="Haddad"),
        language="en",
    )
    followed(two)
    assert propose_duplicates(two.pk) == 0
    assert not DuplicateProposal.objects.exists()


def test_a_pair_stands_once_and_in_one_order() -> None:
    one, two = sorted((register(), register()), key=lambda each: each.pk)
    DuplicateProposal.objects.create(first=one, second=two, reasons=["name"], score=95)
    for first, second in ((one, two), (two, one), (one, one)):
        with pytest.raises(IntegrityError), transaction.atomic():
            DuplicateProposal.objects.create(first=first, second=second, reasons=["name"], score=95)
    with pytest.raises(IntegrityError), transaction.atomic():
        DuplicateProposal.objects.update(state=ProposalState.DISMISSED)
