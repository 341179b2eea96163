"""Many sealed rows at once: one key query for a page, one statement to write it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db import connections, router

from encryption.fields import Sealed, SealedField, unpad
from encryption.keyring import SealError
from encryption.person_keys import create_keys, open_keys
from encryption.sealed_models import KeyPage, SealedModel, share_key_page
from encryption.signals import Refusal, refuse

M = TypeVar("M", bound=SealedModel)
_PAGE = 5000


def sealed_field(model: type[SealedModel], name: str) -> SealedField:
    """Return a sealed field of a model; raises TypeError when it is not sealed."""
    field = model._meta.get_field(name)
    if not isinstance(field, SealedField):
        raise TypeError(f"{name} is not sealed")
    return field


def open_column(
    model: Any, field_name: str, rows: Iterable[tuple[UUID, UUID, bytes]]
) -> dict[UUID, Any]:
    """Open one column's values from raw rows, with one key query for all of them.

    rows: (row id, person id, ciphertext). Returns {row id: value}; rows of erased
    people and rows that fail to open are missing from it.
    """
    field = sealed_field(model, field_name)
    rows = list(rows)
    keys = open_keys(list({person_id for _, person_id, _ in rows}), field.space)
    table = model._meta.db_table
    place = f"{table}|{field.column}|"
    opened: dict[UUID, Any] = {}
    for row_id, person_id, data in rows:
        key = keys.get(person_id)
        if key is None:
            continue
        try:
            opened[row_id] = field.decode(unpad(key.open(bytes(data), f"{place}{row_id}".encode())))
        except SealError:
            refuse(Refusal(table, str(field.column), str(row_id), person_id))
    return opened


def create_people(rows: Sequence[M], space: int) -> list[M]:
    """Insert rows of new people: one statement for their keys, one for a page of rows.

    The rows' `sealed_for_id` are people without a key in this space.
    """
    for start in range(0, len(rows), _PAGE):
        page = rows[start : start + _PAGE]
        people = KeyPage(row.sealed_for_id for row in page)
        for person_id, key in create_keys(people.person_ids, space).items():
            people.add(person_id, space, key)
        for row in page:
            row.use_key_page(people)
        type(page[0])._default_manager.bulk_create(page)
    return list(rows)


def save_page(rows: Sequence[M], field_names: Sequence[str]) -> int:
    """Write these sealed fields of many rows: one key query and one UPDATE for each page.

    Returns how many rows were there to be written. Unchanged values keep their ciphertext.
    """
    if not rows:
        return 0
    model = type(rows[0])
    fields = [sealed_field(model, name) for name in field_names]
    written = 0
    for start in range(0, len(rows), _PAGE):
        page = rows[start : start + _PAGE]
        if any("_key_page" not in row.__dict__ for row in page):
            share_key_page(page)
        written += _update(model, fields, page)
    return written


def _update(model: type[SealedModel], fields: Sequence[SealedField], page: Sequence[M]) -> int:
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    columns = [[_stored(field, row) for row in page] for field in fields]
    names = [f"value_{number}" for number in range(len(fields))]
    sets = ", ".join(
        f"{quote(str(field.column))} = given.{name}"
        for field, name in zip(fields, names, strict=True)
    )
    arrays = ", ".join(["%s::uuid[]", *("%s::bytea[]" for _ in fields)])
    # Table and column names are our own; values travel as parameters.
    statement = (
        f"UPDATE {quote(model._meta.db_table)} AS held SET {sets} "  # noqa: S608
        f"FROM unnest({arrays}) AS given(id, {', '.join(names)}) WHERE held.id = given.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [[row.pk for row in page], *columns])
        written: int = cursor.rowcount
    return written


def _stored(field: SealedField, row: SealedModel) -> bytes | None:
    value = field.pre_save(row, add=False)
    return value.data if isinstance(value, Sealed) else None
