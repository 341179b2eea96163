"""Putting the walls up again changes nothing that stands, and mends what was changed by hand."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection

from walls.building import put_up
from walls.policies import SEEN, policies

pytestmark = pytest.mark.django_db


def run(sentence: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sentence)


def walls() -> set[tuple[str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename, policyname, concat_ws('/', cmd, roles, qual, with_check) "
            "FROM pg_policies"
        )
        return set(cursor.fetchall())


def test_walls_that_stand_are_not_touched() -> None:
    assert put_up("default").policies == 0


def test_every_walled_table_is_walled_for_its_owner_too() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        assert {name for (name,) in cursor.fetchall()} == SEEN.keys()
    assert {(table, name) for table, name, _ in walls()} == {
        (policy.table, policy.name) for policy in policies()
    }


@pytest.mark.parametrize(
    "change",
    [
        "ALTER POLICY app_sees ON registry_stay USING (true)",
        "ALTER POLICY app_sees ON registry_stay TO PUBLIC",
        "DROP POLICY app_sees ON registry_stay",
        "CREATE POLICY mine ON registry_stay TO registry_app USING (true)",
        "ALTER TABLE registry_stay DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE registry_stay NO FORCE ROW LEVEL SECURITY",
    ],
)
def test_what_was_changed_by_hand_is_mended(change: str) -> None:
    before = walls()
    run(change)
    put_up("default")
    assert walls() == before
    test_every_walled_table_is_walled_for_its_owner_too()


def test_the_command_says_what_it_did(capsys) -> None:
    run("DROP POLICY app_sees ON registry_stay")
    call_command("put_up_walls")
    said = capsys.readouterr().out
    assert "1 policies put up anew" in said
    assert "keys: " in said
