"""A value that was tampered with takes no page down: it says calmly that it cannot be read."""

from __future__ import annotations

import random
import re

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from audit import tampering
from audit.models import AuditEvent
from registry.models import LookReason
from tests.accounts.signing_in import sign_in
from tests.people import register, staff
from tests.registry.portal_visits import sign_in as sign_in_person

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "This cannot be read"
COLUMNS = [
    *(("registry_registrant", c, "id") for c in ("given_names", "family_names", "alias", "birth")),
    ("registry_registrant", "passport_number", "id"),
    ("registry_stay", "place", "registrant_id"),
    ("registry_contactpoint", "value", "registrant_id"),
]


@pytest.fixture
def person():
    tampering._seen.clear()
    return register(
        given_names="Wilhelmina",
        family_names="Zzyzx",
        alias="Mina",
        birth={"year": 1990, "month": 4},
        passport="X1234567",
        place="Rue 1",
        phones=["+96170555001"],
        country="LB",
        area="LB-BA",
    )


def damage(person, table: str, column: str, key: str, data: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE {key} = %s", [data, person.pk])


def officer() -> Client:
    return sign_in(staff(Role.OFFICER))


def signed_in_as(person) -> Client:
    client = Client()
    sign_in_person(client, person)
    return client


def pages_of(client: Client, person) -> list[tuple[str, str]]:
    """The page of reasons, the record, the list and the search, as an officer sees them."""
    found = []
    client.post(
        reverse("console:record-open", args=[person.pk]), {"reason": LookReason.CHECK.value}
    )
    for address in (
        reverse("console:record-show", args=[person.pk]),
        reverse("console:people-list"),
    ):
        response = client.get(address)
        assert response.status_code == 200, address
        found.append((address, response.content.decode()))
    return found


@pytest.mark.parametrize(("table", "column", "key"), COLUMNS)
def test_an_officer_reads_the_rest(person, table: str, column: str, key: str) -> None:
    damage(person, table, column, key, b"\x01" + bytes(60))
    (_, record), (_, listed) = pages_of(officer(), person)
    assert WORDS in record
    assert ("Wilhelmina" in record) == (column != "given_names")
    if (table, column) != ("registry_stay", "place") and column != "passport_number":
        assert WORDS in listed
    assert AuditEvent.objects.filter(act=tampering.ACT, subject_id=person.pk).exists()


@pytest.mark.parametrize(("table", "column", "key"), COLUMNS)
def test_the_person_reads_the_rest(person, table: str, column: str, key: str) -> None:
    client = signed_in_as(person)
    damage(person, table, column, key, b"\x01" + bytes(60))
    response = client.get(reverse("registry:registration-show"))
    assert response.status_code == 200
    assert WORDS in response.content.decode()
    assert client.get(reverse("registry:person-correct")).status_code in {200, 302}


def test_a_tampered_key_takes_no_neighbour_s_row_away(person) -> None:
    from encryption.models import PersonKey

    register(given_names="Neighbour", country="LB", area="LB-BA")
    PersonKey.objects.filter(person_id=person.pk).update(wrapped=bytes(60))
    client = officer()
    listed = client.get(reverse("console:people-list")).content.decode()
    assert "Neighbour" in listed
    assert WORDS in listed


def test_searching_by_a_damaged_number_crashes_nothing(person) -> None:
    damage(person, "registry_contactpoint", "value", "registrant_id", b"")
    response = officer().post(
        reverse("console:people-find"), {"query": "+96170555001"}, follow=True
    )
    assert response.status_code == 200


def test_many_corruptions_crash_no_page(person) -> None:
    chance = random.Random(5)
    client, own = officer(), signed_in_as(person)
    good = {}
    for table, column, key in COLUMNS:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {column} FROM {table} WHERE {key} = %s", [person.pk])
            good[table, column] = bytes(cursor.fetchone()[0])
    for _ in range(40):
        for table, column, key in chance.sample(COLUMNS, 3):
            bad = bytearray(good[table, column])
            bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
            damage(person, table, column, key, bytes(bad[: chance.randrange(1, len(bad) + 1)]))
        for _address, text in pages_of(client, person):
            assert not re.search("Traceback|SealError", text)
        assert own.get(reverse("registry:registration-show")).status_code == 200
        for table, column, key in COLUMNS:
            damage(person, table, column, key, good[table, column])


def test_saving_something_else_keeps_what_may_be_evidence(person) -> None:
    bad = b"\x01" + bytes(60)
    damage(person, "registry_stay", "place", "registrant_id", bad)
    client = signed_in_as(person)
    client.get(reverse("registry:registration-show"))
    client.post(reverse("registry:stay-confirm"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT place FROM registry_stay WHERE registrant_id = %s", [person.pk])
        assert bytes(cursor.fetchone()[0]) == bad
