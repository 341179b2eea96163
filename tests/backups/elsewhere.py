"""Another, empty database in the place of one of ours, for as long as a test needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connections
from psycopg import sql


@contextmanager
def empty_database(alias: str) -> Iterator[str]:
    """Point an alias to a new, empty database; drop that and point back in the end."""
    connection = connections[alias]
    before = connection.settings_dict["NAME"]
    name = f"{before}_restored"
    _on_server(alias, "CREATE DATABASE {}", name)
    _point(alias, name)
    try:
        yield name
    finally:
        _point(alias, before)
        _on_server(alias, "DROP DATABASE {} WITH (FORCE)", name)


def _point(alias: str, name: str) -> None:
    connections[alias].close()
    connections[alias].settings_dict["NAME"] = name


def _on_server(alias: str, text: str, name: str) -> None:
    given: dict[str, Any] = connections[alias].get_connection_params()
    known = {key: given[key] for key in ("user", "password", "host", "port") if key in given}
    with psycopg.connect(dbname="postgres", autocommit=True, **known) as server:
        server.execute(sql.SQL(text).format(sql.Identifier(name)))
