"""Nothing that an erasure does not reach gets into a data set."""

from __future__ import annotations

import pytest
from django.db import connection, models

from backups.contents import DATA, left_out
from encryption.fields import SealedField
from encryption.routing import KEY_STORE, KeyStoreRouter
from notifications.models import Chunk, PhoneTask
from tests.architecture.test_data_catalogue import our_models


def columns_not_sealed_for_a_person() -> set[tuple[str, str]]:
    """Search tokens, and bytes that are not under the key of one person."""
    return {
        (model._meta.db_table, str(field.column))
        for model in our_models()
        if KeyStoreRouter().db_for_read(model) != KEY_STORE
        for field in model._meta.concrete_fields
        if (str(field.column).endswith("token") and model not in {Chunk, PhoneTask})
        or (isinstance(field, models.BinaryField) and not isinstance(field, SealedField))
    }


def unlogged_tables() -> set[str]:
    """Tables that PostgreSQL itself keeps out of replicas and base backups, and we out of sets."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relpersistence = 'u'")
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.django_db
def test_tokens_and_what_the_system_sealed_stay_out() -> None:
    found = columns_not_sealed_for_a_person()
    assert ("registry_contactpoint", "token") in found
    kept_out = {(table, column) for table in DATA.replaced for column in DATA.replaced[table]}
    tables_out = left_out(DATA) | unlogged_tables()
    assert {each for each in found - kept_out if each[0] not in tables_out} == set()


def test_what_is_named_exists() -> None:
    tables = {model._meta.db_table: model for model in our_models()}
    for table, instead in DATA.replaced.items():
        columns = {str(field.column) for field in tables[table]._meta.concrete_fields}
        assert set(instead) <= columns
    assert DATA.left_out - {"django_session"} <= set(tables)
