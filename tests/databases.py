"""Putting the databases back after a test that really committed.

Django would empty every table. Ours refuse that (records that may only grow do), and
would lose what migrations put there. A copy made after the migrations takes their place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg
from django.db import connections
from psycopg import sql


def keep_copies() -> None:
    """Copy each database as the migrations left it."""
    for alias in connections:
        name = _close(alias)
        _replace(alias, _copy_of(name), name)


def drop_copies() -> None:
    """Remove the copies."""
    for alias in connections:
        with _beside(alias) as server:
            server.execute(_sentence("DROP DATABASE {}", _copy_of(_name(alias))))


def put_back(aliases: Iterable[str]) -> None:
    """Replace each database by its copy; whoever is still connected is cut off."""
    for alias in aliases:
        name = _close(alias)
        _replace(alias, name, _copy_of(name))


def _replace(alias: str, name: str, source: str) -> None:
    with _beside(alias) as server:
        # Not WITH (FORCE): that also wants the right to end autovacuum, which a plain DROP
        # stops by itself.
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = %s AND usename LIKE 'registry%%' AND pid <> pg_backend_pid()",
            [name],
        )
        server.execute(_sentence("DROP DATABASE IF EXISTS {}", name))
        server.execute(_sentence("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, source))


def _close(alias: str) -> str:
    connections[alias].close()
    return _name(alias)


def _name(alias: str) -> str:
    return str(connections[alias].settings_dict["NAME"])


def _copy_of(name: str) -> str:
    return f"{name}_copy"


def _beside(alias: str) -> psycopg.Connection[Any]:
    parameters = connections[alias].get_connection_params()
    known = {
        key: parameters[key] for key in ("user", "password", "host", "port") if key in parameters
    }
    return psycopg.connect(dbname="postgres", autocommit=True, **known)


def _sentence(text: str, *names: str) -> sql.Composed:
    return sql.SQL(text).format(*[sql.Identifier(name) for name in names])
