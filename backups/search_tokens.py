"""Making search tokens anew from the sealed values, after a restoration."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from encryption.bulk import open_column
from registry.indexing import contact_token, last_digits_token, passport_token
from registry.models import Channel, ContactPoint, EmergencyContact, Registrant

_PAGE = 2000
# Replies to older messages are no longer expected.
_RECENT = datetime.timedelta(days=90)

Row = tuple[UUID, UUID, bytes, int]

_WRITE_CONTACTS = """
    UPDATE registry_contactpoint c SET token = made.token, last_digits_token = made.digits
      FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) AS made(id, token, digits)
     WHERE c.id = made.id"""
_WRITE_EMERGENCY_CONTACTS = """
    UPDATE registry_emergencycontact c SET token = made.token
      FROM unnest(%s::uuid[], %s::bigint[]) AS made(id, token) WHERE c.id = made.id"""
_WRITE_PASSPORTS = """
    UPDATE registry_registrant r SET passport_token = made.token
      FROM unnest(%s::uuid[], %s::bigint[]) AS made(id, token) WHERE r.id = made.id"""
_WRITE_DELIVERIES = """
    UPDATE notifications_delivery d SET address_token = c.token
      FROM registry_contactpoint c, notifications_dispatch run
     WHERE c.id = d.contact_point_id AND c.removed_at IS NULL
       AND run.id = d.dispatch_id AND run.created_at > %s"""


def make_anew() -> int:
    """Write the tokens of every value that can still be opened; return how many values."""
    made = sum(_contacts()) + sum(_emergency_contacts()) + sum(_passports())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_WRITE_DELIVERIES, [timezone.now() - _RECENT])
    return made


def _contacts() -> Iterator[int]:
    for page, opened in _pages(ContactPoint, "value", "registrant_id", "channel"):
        found = [(row[0], Channel(row[3]), opened[row[0]]) for row in page if opened.get(row[0])]
        _write(
            _WRITE_CONTACTS,
            [row_id for row_id, _, _ in found],
            [contact_token(channel, value) for _, channel, value in found],
            [last_digits_token(channel, value) for _, channel, value in found],
        )
        yield len(found)


def _emergency_contacts() -> Iterator[int]:
    for page, opened in _pages(EmergencyContact, "value", "registrant_id", "channel"):
        found = [(row[0], Channel(row[3]), opened[row[0]]) for row in page if opened.get(row[0])]
        _write(
            _WRITE_EMERGENCY_CONTACTS,
            [row_id for row_id, _, _ in found],
            [contact_token(channel, value) for _, channel, value in found],
        )
        yield len(found)


def _passports() -> Iterator[int]:
    for page, opened in _pages(Registrant, "passport_number", "id", "id"):
        found = [(row[0], opened[row[0]]) for row in page if opened.get(row[0])]
        _write(
            _WRITE_PASSPORTS,
            [row_id for row_id, _ in found],
            [passport_token(number) for _, number in found],
        )
        yield len(found)


def _pages(
    model: Any, column: str, person: str, more: str
) -> Iterator[tuple[list[Row], dict[UUID, Any]]]:
    """Yield pages of (row id, person id, sealed value, one more column) and the opened values."""
    last: UUID | None = None
    read: Callable[[UUID | None], list[Row]] = _reader(model._meta.db_table, column, person, more)
    while page := read(last):
        yield page, open_column(model, column, [row[:3] for row in page])
        last = page[-1][0]


def _reader(table: str, column: str, person: str, more: str) -> Callable[[UUID | None], list[Row]]:
    def read(last: UUID | None) -> list[Row]:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, {person}, {column}, {more} FROM {table} "
                "WHERE %s::uuid IS NULL OR id > %s::uuid ORDER BY id LIMIT %s",
                [last, last, _PAGE],
            )
            return [(row[0], row[1], bytes(row[2]), row[3]) for row in cursor.fetchall()]

    return read


def _write(query: str, *columns: list[Any]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(query, [list(column) for column in columns])
