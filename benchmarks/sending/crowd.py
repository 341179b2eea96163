"""A million people in a minute or two: sealed by the product's own keys, written by COPY.

What a service does for one person at a time is done here for twenty thousand: each has a
data key, sealed names, a sealed place, a sealed and searchable address. Consents are copied
from those that the product itself recorded for the first few people.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from demo.names import NAMINGS, Naming
from demo.people import PLACES, Place
from encryption.bulk import sealed_field
from encryption.fields import pad
from encryption.identifiers import new_id
from encryption.person_keys import DataKey, create_keys
from encryption.sealed_models import SealedModel
from geography.selectors import post_for
from registry.indexing import contact_token_of
from registry.models import Channel, ContactPoint, Registrant, Stay

_BATCH = 20_000
_CONSENTS = """
    WITH model AS (SELECT DISTINCT ON (language) * FROM consent_consentevent ORDER BY language, id)
    INSERT INTO consent_consentevent (event_id, record_id, subject_id, actor_id, {columns})
    SELECT gen_random_uuid(), gen_random_uuid(), r.id, r.id, {values}
      FROM registry_registrant r JOIN model m ON m.language = r.language
     WHERE r.id = ANY(%s)"""
_FRESH = {"id", "event_id", "record_id", "subject_id", "actor_id", "recorded_at", "transaction_id"}


class _Seal:
    """Seals one column's values."""

    def __init__(self, model: type[SealedModel], name: str) -> None:
        self._field = sealed_field(model, name)

    def __call__(self, key: DataKey, row_id: UUID, value: Any) -> bytes:
        padded = pad(self._field.encode(value), self._field.pad_to)
        return key.seal(padded, self._field.spot + str(row_id).encode())


def add_crowd(count: int, *, first_number: int, index_version: int, seed: int = 7) -> None:
    """Add so many people, each with an e-mail address, to a register that has some already.

    Address numbers begin at `first_number`. Needs somebody of each language whose consent the
    product recorded.
    """
    chance = random.Random(seed)
    weights = [place.weight for place in PLACES]
    consents = _consents()
    # Asked for before any COPY: a connection that copies answers nothing else.
    posts = {place: post_for(place.country, place.area).pk for place in PLACES}
    for start in range(0, count, _BATCH):
        numbers = range(first_number + start, first_number + min(start + _BATCH, count))
        people = [
            (new_id(), number, chance.choice(NAMINGS), chance.choices(PLACES, weights)[0])
            for number in numbers
        ]
        keys = create_keys([person_id for person_id, *_ in people])
        with transaction.atomic(), connection.cursor() as cursor:
            _copy(cursor, "registry_registrant", _REGISTRANT, _registrants(people, keys, chance))
            _copy(cursor, "registry_stay", _STAY, _stays(people, keys, posts))
            _copy(cursor, "registry_contactpoint", _CONTACT, _contacts(people, keys, index_version))
            cursor.execute(consents, [[person_id for person_id, *_ in people]])


_People = list[tuple[UUID, int, Naming, Place]]
_REGISTRANT = (
    "id", "given_names", "family_names", "alias", "birth", "nationality", "passport_number",
    "language", "other_languages", "registered_at",
)  # fmt: skip
_STAY = (
    "id", "registrant_id", "kind", "place", "from_on", "last_confirmed_at", "country_id",
    "area_id", "post_id",
)  # fmt: skip
_CONTACT = (
    "id", "registrant_id", "channel", "value", "token", "created_at", "confirmed_at",
    "is_change_untold",
)  # fmt: skip


def _copy(cursor: Any, table: str, columns: tuple[str, ...], rows: Iterator[Any]) -> None:
    """Write rows by way of a temporary table: no COPY goes through row policies."""
    names = ", ".join(columns)
    shape = f"SELECT {names} FROM {table} WITH NO DATA"  # noqa: S608
    cursor.execute(f"CREATE TEMPORARY TABLE given ON COMMIT DROP AS {shape}")
    with cursor.copy("COPY given FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM given")  # noqa: S608
    cursor.execute("DROP TABLE given")


def _registrants(
    people: _People, keys: dict[UUID, DataKey], chance: random.Random
) -> Iterator[tuple[Any, ...]]:
    given, family = _Seal(Registrant, "given_names"), _Seal(Registrant, "family_names")
    alias, birth = _Seal(Registrant, "alias"), _Seal(Registrant, "birth")
    passport = _Seal(Registrant, "passport_number")
    now = timezone.now()
    for person_id, _number, naming, _place in people:
        key = keys[person_id]
        yield (
            person_id,
            given(key, person_id, chance.choice(naming.given)),
            family(key, person_id, chance.choice(naming.family)),
            alias(key, person_id, ""),
            birth(key, person_id, {"year": chance.randrange(1940, 2008)}),
            "XM",
            passport(key, person_id, ""),
            naming.language,
            [],
            now,
        )


def _stays(
    people: _People, keys: dict[UUID, DataKey], posts: dict[Place, int]
) -> Iterator[tuple[Any, ...]]:
    town = _Seal(Stay, "place")
    now = timezone.now()
    since = now.date() - datetime.timedelta(days=90)
    for person_id, _number, _naming, place in people:
        row_id = new_id()
        yield (
            row_id, person_id, "work", town(keys[person_id], row_id, place.town), since, now,
            place.country, place.area, posts[place],
        )  # fmt: skip


def _contacts(
    people: _People, keys: dict[UUID, DataKey], index_version: int
) -> Iterator[tuple[Any, ...]]:
    address = _Seal(ContactPoint, "value")
    now = timezone.now()
    for person_id, number, _naming, _place in people:
        row_id, value = new_id(), f"person{number}@people.example"
        yield (
            row_id, person_id, int(Channel.EMAIL), address(keys[person_id], row_id, value),
            contact_token_of(Channel.EMAIL, value, index_version), now, now, False,
        )  # fmt: skip


def _consents() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_name = 'consent_consentevent' AND is_generated = 'NEVER'"
        )
        columns = [name for (name,) in cursor.fetchall() if name not in _FRESH]
    return _CONSENTS.format(
        columns=", ".join(columns), values=", ".join(f"m.{name}" for name in columns)
    )
