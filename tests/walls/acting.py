"""Speaking to the test database in one of the product's roles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from psycopg import sql

from walls.roles import DatabaseRole


@contextmanager
def acting_as(role: DatabaseRole, alias: str = "default") -> Iterator[None]:
    """Let every statement on a connection be one of `role`, as if it had logged in."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role.value)))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
