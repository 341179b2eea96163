"""What becomes of an older value of the same row that somebody puts back."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection
from django.utils import timezone

from encryption.keyring import SealError
from encryption.resealing import GRACE, give_new_keys, let_former_keys_go
from registry.models import Registrant
from tests.people import register

pytestmark = pytest.mark.django_db(transaction=True)


def stored(person: Registrant) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT given_names FROM registry_registrant WHERE id = %s", [person.pk])
        return bytes(cursor.fetchone()[0])


def put_back(person: Registrant, value: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE registry_registrant SET given_names = %s WHERE id = %s", [value, person.pk]
        )


def changed() -> tuple[Registrant, bytes]:
    """Return somebody whose name was changed, and the ciphertext from before."""
    person = Registrant.objects.get(pk=register(given_names="Before").pk)
    older = stored(person)
    person.given_names = "After"
    person.save()
    return person, older


def test_it_is_read_while_the_person_has_the_same_key() -> None:
    """What docs/sealing.md admits. Whoever changes this changes the page as well."""
    person, older = changed()
    put_back(person, older)
    assert Registrant.objects.get(pk=person.pk).given_names == "Before"


def test_it_is_refused_once_the_person_has_a_new_key() -> None:
    person, older = changed()
    give_new_keys(person.pk)
    let_former_keys_go(person.pk, now=timezone.now() + GRACE + datetime.timedelta(days=1))
    assert Registrant.objects.get(pk=person.pk).given_names == "After"
    put_back(person, older)
    with pytest.raises(SealError):
        assert Registrant.objects.get(pk=person.pk).given_names
