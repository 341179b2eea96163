"""Putting the walls up in a database: after every migration, by whoever owns the tables.

Safe to run again, also while the register serves: everything is in one transaction, a policy
that stands is left alone, and a lock that is not to be had in a few seconds is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import psycopg
from django.db import connections, transaction
from psycopg import sql

from walls.privileges import Grant, grants
from walls.roles import DatabaseRole

_HELD = [role for role in DatabaseRole if role not in {DatabaseRole.OWNER, DatabaseRole.MIGRATOR}]
# Audience building and its previews lay people out in temporary tables.
_LAYS_OUT = (DatabaseRole.APP, DatabaseRole.WORKER)


class NoRoles(Exception):
    """This server has not got the register's roles; deploy/postgres/roles.sql makes them."""


@dataclass(frozen=True)
class Built:
    """How many privileges were given in a database, and how many policies were put up anew."""

    grants: int


def put_up(alias: str) -> Built:
    """Give each role what it needs in one database and nothing more. Raises NoRoles."""
    connection = connections[alias]
    with transaction.atomic(using=alias), connection.cursor() as cursor:
        raw = cursor.connection
        _refuse_without_roles(raw)
        raw.execute("SET LOCAL lock_timeout = '5s'")
        _close(raw)
        given = list(_granted(raw, alias))
        for grant in given:
            raw.execute(_grant_sentence(grant))
    return Built(len(given))


def _refuse_without_roles(raw: psycopg.Connection[tuple[object, ...]]) -> None:
    row = raw.execute(
        "SELECT count(*) FROM pg_roles WHERE rolname = ANY(%s)",
        [[role.value for role in DatabaseRole]],
    ).fetchone()
    if row is None or row[0] != len(DatabaseRole):
        raise NoRoles


def _close(raw: psycopg.Connection[tuple[object, ...]]) -> None:
    """Take everything back, so that what is given afterwards is all there is."""
    held = _names(_HELD)
    database = sql.Identifier(raw.info.dbname)
    for sentence in (
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC, {held}",
        "GRANT CONNECT ON DATABASE {database} TO registry_migrator, {held}",
        "GRANT TEMPORARY ON DATABASE {database} TO {lays_out}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC, {held}",
        "GRANT USAGE ON SCHEMA public TO {held}",
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {held}",
        "REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, {held}",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {lays_out}",
        "GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO registry_backup",
    ):
        raw.execute(
            sql.SQL(sentence).format(database=database, held=held, lays_out=_names(_LAYS_OUT))
        )


def _granted(raw: psycopg.Connection[tuple[object, ...]], alias: str) -> Iterator[Grant]:
    kinds: dict[str, set[str]] = {"r": set(), "v": set()}
    for name, kind in raw.execute(
        """SELECT relname::text, relkind::text FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')"""
    ):
        kinds[str(kind)].add(str(name))
    yield from grants(alias, kinds["r"], kinds["v"], raw.info.server_version)


def _grant_sentence(grant: Grant) -> sql.Composed:
    return sql.SQL("GRANT {verbs} ON TABLE {table} TO {role}").format(
        verbs=sql.SQL(", ").join(map(sql.SQL, grant.verbs)),
        table=sql.Identifier(grant.table),
        role=sql.Identifier(grant.role.value),
    )


def _names(roles: Iterable[DatabaseRole]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(role.value) for role in roles)
