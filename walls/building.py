"""Putting the walls up in a database: after every migration, by whoever owns the tables.

Safe to run again, also while the register serves: everything is in one transaction, a policy
that stands is left alone, and a lock that is not to be had in a few seconds is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connections, transaction
from psycopg import sql

from walls.policies import Policy, policies
from walls.privileges import LOOKUPS, Grant, grants
from walls.roles import DatabaseRole

_HELD = [role for role in DatabaseRole if role not in {DatabaseRole.OWNER, DatabaseRole.MIGRATOR}]
# Audience building and its previews lay people out in temporary tables.
_LAYS_OUT = (DatabaseRole.APP, DatabaseRole.WORKER)


class NoRoles(Exception):
    """This server has not got the register's roles; deploy/postgres/roles.sql makes them."""


# Functions that act as their owner, as far as they are still ours.
_CLOSED_FUNCTIONS = """
    SELECT proname::text, oid::regprocedure::text, current_user::text FROM pg_proc
     WHERE pronamespace = 'public'::regnamespace AND prosecdef
       AND pg_get_userbyid(proowner) = current_user"""
_TABLES = """
    SELECT relname::text FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"""
_UNWALLED = """
    SELECT relname::text FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%s)
       AND NOT (relrowsecurity AND relforcerowsecurity)"""
# A digest of a policy as the server keeps it, and whom it is for.
_DIGEST = """md5(concat_ws('/', p.polcmd, p.polpermissive, p.polroles::text,
    pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)))"""
_AS_STORED = f"""
    SELECT {_DIGEST} FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relname = %s AND p.polname = %s"""  # noqa: S608
# What was noted beside each policy, or nothing where somebody changed it since.
_STANDING = f"""
    SELECT c.relname::text, p.polname::text,
           CASE WHEN split_part(obj_description(p.oid, 'pg_policy'), E'\n', -1) = {_DIGEST}
                THEN regexp_replace(obj_description(p.oid, 'pg_policy'), E'\n[^\n]*$', '') END
      FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
     WHERE c.relnamespace = 'public'::regnamespace"""  # noqa: S608


@dataclass(frozen=True)
class Built:
    """How many privileges were given in a database, and how many policies were put up anew."""

    grants: int
    policies: int


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
        _hand_over_functions(raw)
        put_up_anew = wall_rows(raw)
    return Built(len(given), put_up_anew)


def wall_rows(raw: psycopg.Connection[Any]) -> int:
    """Put up the row policies of the tables there are; return how many were not as they should be.

    A policy that stands is not touched: replacing one locks its table against everybody.
    """
    there = {str(name) for (name,) in raw.execute(_TABLES).fetchall()}
    wanted = {(policy.table, policy.name): policy for policy in policies() if policy.table in there}
    if not wanted:
        return 0
    standing = {(table, name): noted for table, name, noted in raw.execute(_STANDING).fetchall()}
    wrong = [key for key, policy in wanted.items() if standing.get(key) != _note(policy)]
    for table, name in {*wrong, *(standing.keys() - wanted.keys())}:
        raw.execute(_sentence("DROP POLICY IF EXISTS {name} ON {table}", table, name))
    for key in wrong:
        _put_up_policy(raw, wanted[key])
    for (table,) in raw.execute(_UNWALLED, [sorted({table for table, _ in wanted})]).fetchall():
        raw.execute(_sentence("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY", table))
        raw.execute(_sentence("ALTER TABLE {table} FORCE ROW LEVEL SECURITY", table))
    return len(wrong)


def _put_up_policy(raw: psycopg.Connection[Any], policy: Policy) -> None:
    sentence = f"CREATE POLICY {{name}} ON {{table}} FOR {policy.command} TO {policy.role}"
    if policy.using:
        sentence += f" USING ({policy.using})"
    if policy.check:
        sentence += f" WITH CHECK ({policy.check})"
    # Braces of our own conditions are text, not places for names.
    head, tail = sentence.split(" FOR ", 1)
    names = {"name": sql.Identifier(policy.name), "table": sql.Identifier(policy.table)}
    raw.execute(sql.SQL(head).format(**names) + sql.SQL(f" FOR {tail}"))
    row = raw.execute(_AS_STORED, [policy.table, policy.name]).fetchone()
    assert row is not None
    raw.execute(
        sql.SQL("COMMENT ON POLICY {name} ON {table} IS {note}").format(
            note=sql.Literal(f"{_note(policy)}\n{row[0]}"), **names
        )
    )


def _note(policy: Policy) -> str:
    """Return what is written beside a policy, to be compared with what should be there."""
    return " / ".join([policy.command, policy.role, policy.using, policy.check])


def _sentence(text: str, table: str, name: str = "") -> sql.Composed:
    names = {"table": sql.Identifier(table)}
    if name:
        names["name"] = sql.Identifier(name)
    return sql.SQL(text).format(**names)


def _refuse_without_roles(raw: psycopg.Connection[Any]) -> None:
    row = raw.execute(
        "SELECT count(*) FROM pg_roles WHERE rolname = ANY(%s)",
        [[role.value for role in DatabaseRole]],
    ).fetchone()
    if row is None or row[0] != len(DatabaseRole):
        raise NoRoles


def _close(raw: psycopg.Connection[Any]) -> None:
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


def _granted(raw: psycopg.Connection[Any], alias: str) -> Iterator[Grant]:
    kinds: dict[str, set[str]] = {"r": set(), "v": set()}
    for name, kind in raw.execute(
        """SELECT relname::text, relkind::text FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')"""
    ):
        kinds[str(kind)].add(str(name))
    yield from grants(alias, kinds["r"], kinds["v"], raw.info.server_version)


def _hand_over_functions(raw: psycopg.Connection[Any]) -> None:
    """Let processes call the functions closed to others, and lookup own those that look past."""
    for name, signature, owner in raw.execute(_CLOSED_FUNCTIONS).fetchall():
        function, former = sql.SQL(signature), sql.Identifier(owner)
        raw.execute(
            sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(function, _names(_LAYS_OUT))
        )
        if name not in LOOKUPS:
            continue
        # Whoever is to own something must be able to make it there.
        raw.execute("GRANT CREATE ON SCHEMA public TO registry_lookup")
        raw.execute(sql.SQL("ALTER FUNCTION {} OWNER TO registry_lookup").format(function))
        raw.execute("REVOKE CREATE ON SCHEMA public FROM registry_lookup")
        raw.execute("SET LOCAL ROLE registry_lookup")
        raw.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(function, former))
        raw.execute(sql.SQL("SET LOCAL ROLE {}").format(former))


def _grant_sentence(grant: Grant) -> sql.Composed:
    return sql.SQL("GRANT {verbs} ON TABLE {table} TO {role}").format(
        verbs=sql.SQL(", ").join(map(sql.SQL, grant.verbs)),
        table=sql.Identifier(grant.table),
        role=sql.Identifier(grant.role.value),
    )


def _names(roles: Iterable[DatabaseRole]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(role.value) for role in roles)
