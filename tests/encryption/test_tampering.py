"""Whoever writes into the database changes nothing that anybody believes, and leaves a trace."""

from __future__ import annotations

import datetime
import random
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from audit import tampering
from audit.models import AuditEvent
from encryption.bulk import open_column
from encryption.fields import Sealed, SealedField
from encryption.keyring import SealError
from encryption.models import PersonKey
from registry.models import ContactPoint, Registrant
from tests.people import register

CORRUPTIONS = 10_000


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    tampering._seen.clear()


def raw(table: str, column: str, row_id: UUID) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE id = %s", [row_id])
        return bytes(cursor.fetchone()[0])


def write_raw(table: str, column: str, row_id: UUID, value: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [value, row_id])


def events() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(act=tampering.ACT).order_by("pk"))


NAMES = ("registry_registrant", "given_names")


def swapped_row(one: Any, two: Any) -> None:
    write_raw(*NAMES, one.pk, raw(*NAMES, two.pk))


def swapped_column(one: Any, two: Any) -> None:
    write_raw(*NAMES, one.pk, raw(NAMES[0], "family_names", one.pk))


def flipped(one: Any, two: Any) -> None:
    data = bytearray(raw(*NAMES, one.pk))
    data[20] ^= 1
    write_raw(*NAMES, one.pk, bytes(data))


def cut(one: Any, two: Any) -> None:
    write_raw(*NAMES, one.pk, raw(*NAMES, one.pk)[:-5])


def emptied(one: Any, two: Any) -> None:
    write_raw(*NAMES, one.pk, b"")


def older_of_another_row(one: Any, two: Any) -> None:
    """The neighbour's value of yesterday, put into a row of today."""
    older = raw(*NAMES, two.pk)
    two = Registrant.objects.get(pk=two.pk)
    two.given_names = "Newer"
    two.save()
    write_raw(*NAMES, one.pk, older)


def swapped_key(one: Any, two: Any) -> None:
    (held,) = PersonKey.objects.filter(person_id=two.pk)
    PersonKey.objects.filter(person_id=one.pk).update(wrapped=held.wrapped)


def claimed_version(one: Any, two: Any) -> None:
    PersonKey.objects.filter(person_id=one.pk).update(sealing_version=7)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "tamper",
    [
        *(swapped_row, swapped_column, flipped, cut, emptied),
        *(older_of_another_row, swapped_key, claimed_version),
    ],
)
def test_it_is_refused_and_written_down_once_although_the_request_fails(tamper) -> None:
    one, two = register(given_names="One"), register(given_names="Two")
    tamper(one, two)
    for _ in range(3):
        with pytest.raises(SealError), transaction.atomic():
            assert Registrant.objects.get(pk=one.pk).given_names
    found = events()
    assert {event.subject_id for event in found} == {one.pk}
    kinds = [event.object_kind for event in found]
    assert len(kinds) == len(set(kinds)) <= 2
    expected = "encryption_personkey.wrapped" if "key" in tamper.__name__ else ".".join(NAMES)
    assert expected in kinds or tamper is claimed_version
    for event in found:
        assert (event.actor_kind, event.object_id, event.detail) == ("machine", str(one.pk), {})
    assert Registrant.objects.get(pk=two.pk).given_names in {"Two", "Newer"}


@pytest.mark.django_db(transaction=True)
def test_another_process_writes_no_second_event_within_the_hour() -> None:
    one, two = register(), register()
    swapped_row(one, two)
    for _ in range(2):
        tampering._seen.clear()
        with pytest.raises(SealError):
            assert Registrant.objects.get(pk=one.pk).given_names
    assert len(events()) == 1


@pytest.mark.django_db(transaction=True)
def test_it_is_written_again_after_an_hour(time_machine) -> None:
    one, two = register(), register()
    swapped_row(one, two)
    time_machine.move_to(timezone.now())
    for _ in range(2):
        with pytest.raises(SealError):
            assert Registrant.objects.get(pk=one.pk).given_names
        # The database's own clock stands; what this process remembers is let go.
        time_machine.shift(tampering.ONCE_IN + datetime.timedelta(minutes=1))
        tampering._seen.clear()
    assert len(events()) == 2


@pytest.mark.django_db(transaction=True)
def test_reading_a_column_in_bulk_leaves_the_refused_out_and_tells() -> None:
    people = [register(phones=[f"+9617055500{n}"]) for n in range(3)]
    points = list(ContactPoint.objects.order_by("pk"))
    write_raw("registry_contactpoint", "value", points[1].pk, b"\x01" + bytes(70))
    rows = [(p.pk, p.registrant_id, raw("registry_contactpoint", "value", p.pk)) for p in points]
    opened = open_column(ContactPoint, "value", rows)
    assert set(opened) == {points[0].pk, points[2].pk}
    assert [event.subject_id for event in events()] == [people[1].pk]


@pytest.mark.django_db(transaction=True)
def test_ten_thousand_corruptions_give_no_wrong_value() -> None:
    people = [
        register(
            given_names=f"Given {n}",
            family_names="Família",
            passport=f"X{n:07}",
            birth={"year": 1990, "month": 4, "day": 2},
        )
        for n in range(4)
    ]
    rows = [Registrant.objects.get(pk=person.pk) for person in people]
    fields = [
        field
        for field in Registrant._meta.concrete_fields
        if isinstance(field, SealedField) and rows[0].__dict__.get(field.attname) is not None
    ]
    good = {
        (row.pk, field.column): row.__dict__[field.attname].data for row in rows for field in fields
    }
    others = list(good.values())
    chance = random.Random(20_261_124)
    wrong = 0
    for _ in range(CORRUPTIONS):
        row, field = chance.choice(rows), chance.choice(fields)
        held = good[row.pk, field.column]
        bad = _damaged(held, others, chance)
        if bad == held:
            bad = held + b"\x00"
        try:
            field.open(row, Sealed(bad))
        except SealError:
            continue
        wrong += 1
    assert wrong == 0
    assert 0 < len(events()) <= len(good)


def _damaged(held: bytes, others: list[bytes], chance: random.Random) -> bytes:
    bad = bytearray(held)
    kind = chance.randrange(6)
    if kind == 0:
        return bytes(bad[: chance.randrange(len(bad))])
    if kind == 1:
        return bytes(bad) + chance.randbytes(chance.randrange(1, 40))
    if kind == 2:
        return chance.choice(others)
    if kind == 3:
        return chance.randbytes(len(bad))
    for _ in range(chance.choice((1, 1, 1, 8))):
        bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
    return bytes(bad)


@pytest.mark.django_db(transaction=True)
def test_the_request_s_own_connection_is_the_same_after() -> None:
    one, two = register(), register()
    swapped_row(one, two)
    before = connections["default"]
    with transaction.atomic():
        Registrant.objects.filter(pk=two.pk).update(language="fr")
        with pytest.raises(SealError):
            assert Registrant.objects.get(pk=one.pk).given_names
        assert connections["default"] is before
        transaction.set_rollback(True)
    assert Registrant.objects.get(pk=two.pk).language != "fr"
    assert len(events()) == 1
