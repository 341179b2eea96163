"""Turning the index keys: the search tokens of every value made anew, while people search.

A value has one token everywhere: at the contact, in the queue, in a code that was asked for.
So a page of values is opened, and each value's old token is replaced by its new one in every
column at once, in one transaction. Whoever looks a value up meanwhile looks for the token
that it has now (`registry.indexing`). Rounds are repeated until one finds nothing to do.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from accounts.key_acts import KeyAct, KeyActKind
from accounts.key_runners import KeyActRefused, Parameters, Runner, Step, run_with
from encryption.bulk import open_column
from encryption.keyring import keyring
from registry.indexing import LOCK, contact_token_of, last_digits_token_of, passport_token_of
from registry.models import Channel, ContactPoint, EmergencyContact, Registrant

PAGE = 1000


@dataclass(frozen=True)
class TokenColumn:
    """A column of tokens, with an index unless the table stays small."""

    table: str
    column: str


# Columns by what their tokens are of. Apps above add theirs when they are ready.
columns: dict[str, list[TokenColumn]] = {
    "contact": [
        TokenColumn("registry_contactpoint", "token"),
        TokenColumn("registry_contactproof", "token"),
    ],
    "last-digits": [TokenColumn("registry_contactpoint", "last_digits_token")],
    "passport": [TokenColumn("registry_registrant", "passport_token")],
}
# Answer True while something goes on that must meet each value under one token throughout.
holds: list[Callable[[], bool]] = []


@dataclass(frozen=True)
class Source:
    """Where values stand: a sealed column, what beside it tells its kind, its tokens by name."""

    model: type[Any]
    field: str
    person: str
    kind: str | None
    tokens: Mapping[str, Callable[[Any, str, int], int | None]]
    # Columns of its own that no index finds: written row by row.
    own: str | None = None


SOURCES = (
    Source(
        ContactPoint,
        "value",
        "registrant_id",
        "channel",
        {
            "contact": lambda channel, value, version: contact_token_of(
                Channel(channel), value, version
            ),
            "last-digits": lambda channel, value, version: last_digits_token_of(
                Channel(channel), value, version
            ),
        },
    ),
    Source(
        Registrant,
        "passport_number",
        "id",
        None,
        {"passport": lambda _kind, value, version: passport_token_of(value, version)},
    ),
    Source(
        EmergencyContact,
        "value",
        "registrant_id",
        "channel",
        {
            "contact": lambda channel, value, version: contact_token_of(
                Channel(channel), value, version
            )
        },
        own="token",
    ),
)


def connect() -> None:
    """Name the runner; called once, at start."""
    run_with(KeyActKind.ROTATE_INDEX, Runner(_check, _count, _step))


def _check(parameters: Parameters) -> None:
    active = keyring().index_version
    if parameters.get("to") != active:
        raise KeyActRefused(f"The active index version of this process is {active}.")


def _count(parameters: Parameters) -> dict[str, int]:
    rows = {source.model._meta.verbose_name: source.model.objects.count() for source in SOURCES}
    return {f"{name} rows to look through": number for name, number in rows.items()}


def _step(act: KeyAct) -> Step:
    """Replace the tokens of one page; `moved` counts what this round replaced so far."""
    if any(is_held() for is_held in holds):
        time.sleep(1)
        return Step(0, act.cursor)
    number = int(act.cursor.get("source", 0))
    moved = int(act.cursor.get("moved", 0))
    after = act.cursor.get("after")
    last, replaced = turn_page(SOURCES[number], uuid.UUID(after) if after else None)
    moved += replaced
    if last is not None:
        return Step(replaced, {"source": number, "after": str(last), "moved": moved})
    if number + 1 < len(SOURCES):
        return Step(replaced, {"source": number + 1, "moved": moved})
    return Step(replaced, {}, is_finished=moved == 0)


def turn_page(source: Source, after: uuid.UUID | None) -> tuple[uuid.UUID | None, int]:
    """Replace the tokens of one page of values: (where the next begins or None, how many)."""
    rows = _page(source, after)
    opened = open_column(source.model, source.field, [(r[0], r[1], r[2]) for r in rows])
    kinds = {row[0]: row[3] for row in rows}
    active, *others = keyring().index_versions
    values = {(kinds[row_id], value) for row_id, value in opened.items() if value}
    replaced = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        for purpose, token in source.tokens.items():
            pairs = sorted(_pairs(token, values, active, others))
            if source.own is not None:
                ids = [row_id for row_id, value in opened.items() if value]
                replaced += _replace(cursor, source, ids, pairs)
                continue
            for column in columns[purpose]:
                cursor.execute(
                    # Names of our own; tokens travel as parameters.
                    f"UPDATE {column.table} AS held SET {column.column} = pair.new "  # noqa: S608
                    "FROM unnest(%s::int8[], %s::int8[]) AS pair(old, new) "
                    f"WHERE held.{column.column} = pair.old",
                    [[old for old, _ in pairs], [new for _, new in pairs]],
                )
                replaced += cursor.rowcount
    return (rows[-1][0] if len(rows) == PAGE else None), replaced


def _replace(
    cursor: Any, source: Source, ids: list[uuid.UUID], pairs: list[tuple[int, int]]
) -> int:
    cursor.execute(
        f"UPDATE {source.model._meta.db_table} AS held SET {source.own} = pair.new "  # noqa: S608
        "FROM unnest(%s::int8[], %s::int8[]) AS pair(old, new) "
        f"WHERE held.id = ANY(%s) AND held.{source.own} = pair.old",
        [[old for old, _ in pairs], [new for _, new in pairs], ids],
    )
    return int(cursor.rowcount)


def _pairs(
    token: Callable[[Any, str, int], int | None],
    values: Iterable[tuple[Any, str]],
    active: int,
    others: Iterable[int],
) -> set[tuple[int, int]]:
    """Return (old token, new token) of every value under every other version."""
    found = set()
    others = list(others)
    for kind, value in values:
        new = token(kind, value, active)
        for version in others:
            old = token(kind, value, version)
            if old is not None and new is not None:
                found.add((old, new))
    return found


def _page(source: Source, after: uuid.UUID | None) -> list[tuple[Any, ...]]:
    table = source.model._meta.db_table
    column = source.model._meta.get_field(source.field).column
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {source.person}, {column}, {source.kind or 'NULL'} "  # noqa: S608
            f"FROM {table} WHERE id > %s AND {column} IS NOT NULL ORDER BY id LIMIT %s",
            [after or uuid.UUID(int=0), PAGE],
        )
        return list(cursor.fetchall())
