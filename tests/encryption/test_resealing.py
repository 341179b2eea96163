"""One person gets a new key: every field follows, and nothing written meanwhile is lost."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from encryption.keyring import Erased, SealError
from encryption.models import PersonKey
from encryption.person_keys import destroy_keys, open_key
from encryption.resealing import (
    GRACE,
    TooEarly,
    former_key_since,
    give_new_keys,
    let_former_keys_go,
    reseal_rows,
)
from registry.models import Companion, ContactPoint, Registrant, Stay
from tests.encryption.turning import Keys
from tests.people import register

pytestmark = pytest.mark.django_db
LATER = timezone.now() + GRACE + datetime.timedelta(days=1)


def everything(person_id) -> list[object]:
    person = Registrant.objects.get(pk=person_id)
    return [
        person.display_name,
        person.birth,
        person.passport_number,
        [stay.place for stay in Stay.objects.filter(registrant=person_id)],
        [point.value for point in ContactPoint.objects.filter(registrant=person_id)],
        [companion.name for companion in Companion.objects.filter(registrant=person_id)],
    ]


def test_every_field_follows_and_the_former_key_opens_nothing_more() -> None:
    person = register(
        given_names="Amal", place="Rue 1", passport="X1234567", phones=["+96170555001"]
    )
    neighbour = register(given_names="Neighbour")
    known = everything(person.pk)
    stolen = open_key(person.pk)
    stored = Registrant.objects.filter(pk=person.pk).values_list("given_names", flat=True).get()
    assert give_new_keys(person.pk) == 1
    assert everything(person.pk) == known
    assert reseal_rows(person.pk) >= 5
    assert everything(person.pk) == known
    assert let_former_keys_go(person.pk, now=LATER) == 1
    assert everything(person.pk) == known
    assert reseal_rows(person.pk) == 0
    fresh = Registrant.objects.filter(pk=person.pk).values_list("given_names", flat=True).get()
    place = f"registry_registrant|given_names|{person.pk}".encode()
    assert stolen.open(stored.data, place)
    with pytest.raises(SealError):
        stolen.open(fresh.data, place)
    assert Registrant.objects.get(pk=neighbour.pk).given_names == "Neighbour"


def test_what_a_slow_request_writes_with_the_former_key_is_not_lost() -> None:
    person = register(given_names="Before")
    slow = Registrant.objects.get(pk=person.pk)
    assert slow.given_names == "Before"
    give_new_keys(person.pk)
    reseal_rows(person.pk)
    slow.given_names = "Written late"
    slow.save()
    assert Registrant.objects.get(pk=person.pk).given_names == "Written late"
    let_former_keys_go(person.pk, now=LATER)
    assert Registrant.objects.get(pk=person.pk).given_names == "Written late"


def test_a_page_that_was_opened_before_still_reads_after() -> None:
    person = register(given_names="Amal", family_names="Haddad")
    early = Registrant.objects.get(pk=person.pk)
    assert early.given_names == "Amal"
    give_new_keys(person.pk)
    reseal_rows(person.pk)
    late = Registrant.objects.get(pk=person.pk)
    late.__dict__["_key_page"] = early.__dict__["_key_page"]
    assert late.family_names == "Haddad"


def test_the_former_key_is_kept_as_long_as_somebody_may_hold_it() -> None:
    person = register()
    give_new_keys(person.pk)
    with pytest.raises(TooEarly):
        let_former_keys_go(person.pk)
    assert former_key_since(person.pk) is not None


def test_each_step_may_be_repeated() -> None:
    person = register(given_names="Amal")
    give_new_keys(person.pk)
    wrapped = bytes(PersonKey.objects.get(person_id=person.pk).wrapped)
    give_new_keys(person.pk)
    assert bytes(PersonKey.objects.get(person_id=person.pk).wrapped) == wrapped
    reseal_rows(person.pk)
    assert reseal_rows(person.pk) == 0
    assert let_former_keys_go(person.pk, now=LATER) == 1
    assert let_former_keys_go(person.pk, now=LATER) == 0
    assert Registrant.objects.get(pk=person.pk).given_names == "Amal"


def test_sealing_keys_may_be_turned_meanwhile(sealing_keys: Keys) -> None:
    from encryption.rotating import remaining, rewrap_page

    person = register(given_names="Amal")
    give_new_keys(person.pk)
    sealing_keys.turn()
    assert remaining() == 1
    rewrap_page()
    sealing_keys.use(sealing_keys.keyset.without(1))
    assert Registrant.objects.get(pk=person.pk).given_names == "Amal"
    let_former_keys_go(person.pk, now=LATER)
    assert Registrant.objects.get(pk=person.pk).given_names == "Amal"


def test_somebody_erased_gets_no_key() -> None:
    person = register()
    destroy_keys([person.pk])
    with pytest.raises(Erased):
        give_new_keys(person.pk)
