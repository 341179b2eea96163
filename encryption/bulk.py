"""Opening one sealed column of many rows, outside the ORM."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from encryption.fields import SealedField, unpad
from encryption.keyring import SealError
from encryption.person_keys import open_keys


def open_column(
    model: Any, field_name: str, rows: Iterable[tuple[UUID, UUID, bytes]]
) -> dict[UUID, Any]:
    """Open one column's values from raw rows, with one key query for all of them.

    rows: (row id, person id, ciphertext). Returns {row id: value}; rows of erased
    people and rows that fail to open are missing from it.
    """
    field = model._meta.get_field(field_name)
    if not isinstance(field, SealedField):
        raise TypeError(f"{field_name} is not sealed")
    rows = list(rows)
    keys = open_keys(list({person_id for _, person_id, _ in rows}), field.space)
    place = f"{model._meta.db_table}|{field.column}|"
    opened: dict[UUID, Any] = {}
    for row_id, person_id, data in rows:
        key = keys.get(person_id)
        if key is None:
            continue
        try:
            opened[row_id] = field.decode(unpad(key.open(bytes(data), f"{place}{row_id}".encode())))
        except SealError:
            continue
    return opened
