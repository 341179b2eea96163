"""The index follows the register: every change once it is committed, and the passing of days."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection
from django.utils import timezone
from time_machine import TimeMachineFixture

from encryption.models import PersonKey
from geography.models import Post
from registry.finding.following import Follower
from registry.finding.index import NameIndex
from registry.models import Registrant, Stay
from tests.people import register

# The finder reads what others have committed.
pytestmark = pytest.mark.django_db(transaction=True)


class Following:
    """An index kept equal to the register, one step at a time."""

    def __init__(self) -> None:
        self.index = NameIndex()
        self._follower = Follower(self.index)
        for _ in self._follower.fill():
            pass

    def follow(self) -> None:
        for _ in self._follower.follow():
            pass

    def found(self, query: str, posts: list[int] | None = None) -> set[object]:
        return {match.person_id for match in self.index.search(query, post_ids=posts)}


def beirut() -> int:
    return Post.objects.get(code="beirut").pk


def test_everything_that_can_be_searched_is_filled() -> None:
    person = register(
        given_names="Amal", family_names="Haddad", birth={"year": 1990}, place="Hamra"
    )
    alias = register(given_names="", family_names="", alias="Blue Fox")
    following = Following()
    assert following.found("Haddad") == {person.pk}
    assert following.found("Haddad Hamra") == {person.pk}
    assert following.found("blue fox") == {alias.pk}
    assert following.found("Haddad", [beirut()]) == {person.pk}


def test_a_closed_record_is_not_found_until_it_is_open_again() -> None:
    person = register(given_names="Amal", family_names="Haddad")
    following = Following()
    person.restricted_at = timezone.now()
    person.save(update_fields=["restricted_at"])
    following.follow()
    assert following.found("Haddad") == set()
    assert Following().found("Haddad") == set()
    person.restricted_at = None
    person.save(update_fields=["restricted_at"])
    following.follow()
    assert following.found("Haddad") == {person.pk}


def test_a_person_whose_key_is_gone_is_left_out() -> None:
    person = register(given_names="Amal", family_names="Haddad")
    following = Following()
    PersonKey.objects.filter(person_id=person.pk).delete()
    assert Following().found("Haddad") == set()
    Registrant.objects.filter(pk=person.pk).update(language="fr")
    following.follow()
    assert following.found("Haddad") == set()


def test_an_altered_value_is_left_out_and_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    person = register(given_names="Amal", family_names="Haddad")
    other = register(given_names="Omar", family_names="Haddad")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE registry_registrant SET family_names = "
            "set_byte(family_names, 20, get_byte(family_names, 20) # 1) WHERE id = %s",
            [person.pk],
        )
    assert Following().found("Haddad") == {other.pk}
    assert "sealed value refused" in caplog.text
    assert "Haddad" not in caplog.text


def test_a_stay_counts_from_its_day_to_its_day(time_machine: TimeMachineFixture) -> None:
    today = timezone.localdate()
    person = register(
        given_names="Amal",
        family_names="Haddad",
        from_on=today + datetime.timedelta(days=2),
        until_on=today + datetime.timedelta(days=4),
    )
    following = Following()
    found = []
    for days in range(6):
        time_machine.move_to(
            datetime.datetime.combine(
                today + datetime.timedelta(days=days), datetime.time(12), datetime.UTC
            )
        )
        following.follow()
        found.append(bool(following.found("Haddad", [beirut()])))
        assert following.found("Haddad") == {person.pk}
    assert found == [False, False, True, True, True, False]


def test_days_missed_are_caught_up(time_machine: TimeMachineFixture) -> None:
    today = timezone.localdate()
    register(
        given_names="Amal",
        family_names="Haddad",
        until_on=today + datetime.timedelta(days=1),
    )
    following = Following()
    assert following.found("Haddad", [beirut()])
    time_machine.move_to(
        datetime.datetime.combine(
            today + datetime.timedelta(days=30), datetime.time(12), datetime.UTC
        )
    )
    following.follow()
    assert following.found("Haddad", [beirut()]) == set()


def test_numbers_from_another_servers_past_are_not_read_again_and_again() -> None:
    """After a restored dump, rows carry transaction numbers that are still to come here."""
    person = register(given_names="Amal", family_names="Haddad")
    following = Following()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE registry_stay DISABLE TRIGGER stay_changed")
        cursor.execute("UPDATE registry_stay SET changed_in = 1000000000000, ended_at = now()")
        cursor.execute("ALTER TABLE registry_stay ENABLE TRIGGER stay_changed")
    following.follow()
    assert following.found("Haddad", [beirut()]) == {person.pk}
    Stay.objects.get(registrant=person).save()
    following.follow()
    assert following.found("Haddad", [beirut()]) == set()
