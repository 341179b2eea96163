"""What each role of the database may do, asked of the database itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError, ProgrammingError, connection, connections, transaction

from audit.models import Seal
from audit.recording import Actor, record
from tests import people
from tests.walls.acting import acting_as
from walls.building import put_up
from walls.privileges import append_only_tables
from walls.roles import LOGINS, DatabaseRole
from walls.scopes import Kind, Scope, within

Superuser = Callable[[], psycopg.Connection[tuple[Any, ...]]]
pytestmark = pytest.mark.django_db

APP, OWNER = DatabaseRole.APP, DatabaseRole.OWNER
TABLES = ["audit_auditevent", "audit_seal", "consent_consentevent", "consent_noticetext"]
CHANGES = ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
ONLY_ADDED = "only ever added"
DENIED = "permission denied"


def rows(query: str, *values: str | int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def run(sentence: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sentence)


def rows_that_are_only_added() -> None:
    people.register()
    # Else TRUNCATE would be refused for what is still to be checked.
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with transaction.atomic():
        record(Actor.machine(), "test.happened")
    Seal.objects.create(
        stream="test",
        number=1,
        epoch=1,
        columns=["id"],
        from_xid=1,
        after_id=0,
        rows=0,
        root="0" * 64,
        previous="0" * 64,
        chain="0" * 64,
    )


def test_the_tables_that_refuse_changes_are_those_that_say_so() -> None:
    found = rows(
        """SELECT tgrelid::regclass::text FROM pg_trigger
             JOIN pg_proc ON pg_proc.oid = tgfoid
            WHERE proname = 'audit_refuse_change' GROUP BY tgrelid
           HAVING bool_and(tgenabled = 'A') AND bit_or(tgtype::int) & 56 = 56"""
    )
    assert {name for (name,) in found} == append_only_tables("default") == set(TABLES)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("role", [APP, DatabaseRole.WORKER])
def test_a_process_has_no_right_to_change_what_is_only_added(
    role: DatabaseRole, change: str, table: str
) -> None:
    with acting_as(role), pytest.raises(ProgrammingError, match=DENIED), transaction.atomic():
        run(change.format(table))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES)
def test_with_every_privilege_the_triggers_refuse_still(change: str, table: str) -> None:
    rows_that_are_only_added()
    run(f"GRANT ALL ON {', '.join(TABLES)} TO {APP}")
    run(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for role in (APP, None):
        with (
            acting_as(role) if role else nullcontext(),
            pytest.raises(DatabaseError, match=ONLY_ADDED),
            transaction.atomic(),
        ):
            run(change.format(table))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.django_db(transaction=True)
def test_who_claims_to_be_a_replica_is_refused(
    superuser: Superuser, change: str, table: str
) -> None:
    """As the superuser, who needs no privilege, and whom a claim frees from other triggers."""
    rows_that_are_only_added()
    with superuser() as server:
        server.execute("SET session_replication_role = replica")
        assert server.execute("SHOW is_superuser").fetchone() == ("on",)
        with pytest.raises(psycopg.Error, match=ONLY_ADDED):
            server.execute(change.format(table))


@pytest.mark.parametrize("role", list(DatabaseRole))
def test_nobody_of_ours_may_claim_to_be_a_replica(role: DatabaseRole) -> None:
    with acting_as(role), pytest.raises(DatabaseError, match=DENIED), transaction.atomic():
        run("SET session_replication_role = replica")


def test_what_is_only_added_can_be_added() -> None:
    with acting_as(APP), within(Scope(Kind.PEOPLE)), transaction.atomic():
        event = record(Actor.machine(), "test.happened")
    assert rows("SELECT act FROM audit_auditevent WHERE id = %s", event.pk) == [("test.happened",)]


@pytest.mark.parametrize("role", LOGINS)
def test_a_role_that_logs_in_owns_nothing_and_can_make_nothing(role: DatabaseRole) -> None:
    owned = "SELECT 1 FROM pg_class WHERE relowner = %s::regrole"
    assert rows(owned, role.value) == []
    assert rows(
        "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolcanlogin "
        "FROM pg_roles WHERE rolname = %s",
        role.value,
    ) == [(False, False, False, False, role is DatabaseRole.BACKUP, True)]
    if role is DatabaseRole.MIGRATOR:
        return
    with acting_as(role), pytest.raises(DatabaseError), transaction.atomic():
        run("CREATE TABLE public.mine (n int)")


def test_the_owner_logs_in_nowhere() -> None:
    assert rows("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", OWNER.value) == [(False,)]


def test_the_auditor_reads_the_record_and_no_person() -> None:
    rows_that_are_only_added()
    with acting_as(DatabaseRole.AUDITOR):
        for table in [*TABLES, "consent_live", "consent_purpose"]:
            rows(f"SELECT count(*) FROM {table}")
        for table in ("registry_registrant", "registry_contactpoint", "accounts_staffuser"):
            with pytest.raises(ProgrammingError, match=DENIED), transaction.atomic():
                rows(f"SELECT count(*) FROM {table}")
        with pytest.raises(ProgrammingError, match=DENIED), transaction.atomic():
            run("INSERT INTO audit_seal (stream) VALUES ('x')")


def test_the_backup_reads_everything_and_writes_nothing() -> None:
    tables = [name for (name,) in rows("SELECT tablename FROM pg_tables WHERE schemaname='public'")]
    with acting_as(DatabaseRole.BACKUP):
        for table in tables:
            rows(f"SELECT count(*) FROM {table}")
        with pytest.raises(ProgrammingError, match=DENIED), transaction.atomic():
            run("DELETE FROM registry_contactpoint")


@pytest.mark.parametrize("role", [APP, DatabaseRole.WORKER])
def test_a_process_cannot_say_what_was_migrated(role: DatabaseRole) -> None:
    with acting_as(role), pytest.raises(ProgrammingError, match=DENIED), transaction.atomic():
        run("DELETE FROM django_migrations")


def test_only_processes_reach_the_keys() -> None:
    with connections["keys"].cursor() as cursor:
        cursor.execute(
            "SELECT r, has_table_privilege(r, 'encryption_personkey', 'SELECT') "
            "FROM unnest(%s::text[]) AS r ORDER BY 1",
            [[role.value for role in LOGINS if role is not DatabaseRole.MIGRATOR]],
        )
        assert dict(cursor.fetchall()) == {
            "registry_app": True,
            "registry_worker": True,
            "registry_backup": True,
            "registry_auditor": False,
        }


def test_what_somebody_gave_by_hand_is_taken_back() -> None:
    run("GRANT ALL ON audit_auditevent TO registry_app, PUBLIC")
    put_up("default")
    call_command("put_up_walls", verbosity=0)
    assert rows(
        """SELECT pg_get_userbyid(grantee), string_agg(privilege_type, ' ' ORDER BY privilege_type)
             FROM pg_class, aclexplode(relacl)
            WHERE relname = 'audit_auditevent' AND grantee <> relowner
            GROUP BY grantee ORDER BY 1"""
    ) == [
        ("registry_app", "INSERT SELECT"),
        ("registry_auditor", "SELECT"),
        ("registry_backup", "SELECT"),
        ("registry_worker", "INSERT SELECT"),
    ]


def test_what_a_migrator_makes_belongs_to_the_owner(superuser: Superuser) -> None:
    with superuser() as server:
        found = server.execute(
            "SELECT unnest(setconfig) FROM pg_db_role_setting "
            "WHERE setrole = 'registry_migrator'::regrole"
        ).fetchall()
    assert ("role=registry_owner",) in found
