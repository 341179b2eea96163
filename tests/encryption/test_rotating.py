"""Turning the sealing keys: everybody readable before, meanwhile and after."""

from __future__ import annotations

import pytest
from django.db import connections

from encryption import rotating
from encryption.keyring import SealError, keyring
from encryption.models import PersonKey
from encryption.person_keys import create_keys
from encryption.rotating import remaining, rewrap_page
from registry.models import Registrant
from tests.encryption.turning import Keys
from tests.people import register

pytestmark = pytest.mark.django_db


def names() -> set[str]:
    return {person.given_names for person in Registrant.objects.all()}


def turn_all(size: int) -> int:
    after, done = None, 0
    while True:
        page = rewrap_page(after, size)
        done += page.done
        if page.last is None:
            return done
        after = page.last


def test_every_key_is_wrapped_anew_and_everybody_is_readable_all_the_time(
    sealing_keys: Keys,
) -> None:
    expected = {register(given_names=f"Person {number}").given_names for number in range(7)}
    before = {key.person_id: bytes(key.wrapped) for key in PersonKey.objects.all()}
    assert sealing_keys.turn() == 2
    assert (remaining(), names()) == (7, expected)
    first = rewrap_page(None, 3)
    assert (first.done, remaining(), names()) == (3, 4, expected)
    expected.add(register(given_names="Newcomer").given_names)
    assert turn_all(3) == 4
    assert (remaining(), names()) == (0, expected)
    assert rotating.count_by_version() == {2: 8}
    for key in PersonKey.objects.all():
        assert bytes(key.wrapped) != before.get(key.person_id)
    # Now the old version may go.
    sealing_keys.use(sealing_keys.keyset.without(1))
    assert names() == expected


def test_without_the_old_version_nothing_opens_too_early(sealing_keys: Keys) -> None:
    register()
    sealing_keys.turn()
    sealing_keys.use(sealing_keys.keyset.without(1))
    with pytest.raises(SealError):
        names()


def test_fields_are_not_touched(sealing_keys: Keys) -> None:
    register()

    def stored() -> bytes:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT given_names FROM registry_registrant")
            return bytes(cursor.fetchone()[0])

    before = stored()
    sealing_keys.turn()
    turn_all(100)
    assert stored() == before


def test_one_altered_key_stops_nobody_else(sealing_keys: Keys) -> None:
    broken = register()
    others = {register(given_names=f"Person {number}").given_names for number in range(3)}
    PersonKey.objects.filter(person_id=broken.pk).update(wrapped=b"x" * 60)
    sealing_keys.turn()
    page = rewrap_page()
    assert (page.done, page.broken, remaining()) == (3, 1, 1)
    rest = Registrant.objects.exclude(pk=broken.pk)
    assert {person.given_names for person in rest} == others
    # Also when she is on the same page.
    page_of_all = list(Registrant.objects.all())
    assert {p.given_names for p in page_of_all if p.pk != broken.pk} == others


@pytest.mark.django_db(transaction=True)
def test_a_key_that_somebody_holds_is_left_for_the_next_round(sealing_keys: Keys) -> None:
    people = [register() for _ in range(4)]
    sealing_keys.turn()
    beside = connections["keys"].copy()
    try:
        beside.set_autocommit(False)
        with beside.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM encryption_personkey WHERE person_id = %s FOR UPDATE", [people[0].pk]
            )
            assert (rewrap_page().done, remaining()) == (3, 1)
            beside.rollback()
    finally:
        beside.close()
    assert (rewrap_page().done, remaining()) == (1, 0)


def test_a_page_may_be_turned_twice(sealing_keys: Keys) -> None:
    create_keys([register().pk], space=2)
    sealing_keys.turn()
    assert rewrap_page().done == 2
    assert rewrap_page().done == 0


def test_what_is_sealed_for_the_system_follows(sealing_keys: Keys) -> None:
    from allauth.mfa.models import Authenticator

    from accounts.models import Role
    from notifications.models import InboundMessage
    from notifications.receiving import SEAL_PURPOSE
    from notifications.turning import reseal_bodies
    from tests.accounts.signing_in import give_app
    from tests.people import staff

    secret = give_app(staff(Role.AUDITOR))
    body = keyring().seal_for_system(SEAL_PURPOSE, b"SAFE")
    message = InboundMessage.objects.create(provider="x", event_id="1", sender_token=1, body=body)
    sealing_keys.turn()
    assert rotating.reseal_system_values() >= 2
    assert (rotating.reseal_system_values(), reseal_bodies()) == (0, 0)
    sealing_keys.use(sealing_keys.keyset.without(1))
    message.refresh_from_db()
    assert keyring().open_for_system(SEAL_PURPOSE, bytes(message.body)) == b"SAFE"
    from allauth.mfa.utils import decrypt

    assert decrypt(Authenticator.objects.get(type="totp").data["secret"]) == secret
