"""Sealing finds every row that was changed, removed, added, moved or cut off."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from audit.models import AuditEvent, Seal
from audit.recording import Actor, record
from audit.sealing import seal_record
from audit.verifying import Anchored, anchors_after, verify_record
from encryption.identifiers import new_id

pytestmark = pytest.mark.django_db(transaction=True)

TABLES = ("audit_auditevent", "consent_consentevent")


@pytest.fixture
def _free_hands() -> Iterator[None]:
    """Somebody who rules the server: nothing holds them but the seals."""
    tables = (*TABLES, "audit_seal")
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            for (name,) in _triggers(table):
                cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def _triggers(table: str) -> list[tuple[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal",
            [table],
        )
        return [(str(name),) for (name,) in cursor.fetchall()]


def events(count: int) -> None:
    for number in range(count):
        with transaction.atomic():
            record(Actor.machine(), "test.happened", subject_id=new_id(), detail={"n": number})


def consents(count: int) -> None:
    from tests.people import register

    for _ in range(count):
        register()


def test_a_sealed_record_holds(tmp_path: Path) -> None:
    events(5)
    consents(2)
    assert seal_record() >= 5
    assert verify_record() == []
    # Nothing new, nothing sealed.
    assert seal_record() == 0
    events(3)
    assert seal_record() == 3
    assert verify_record() == []
    anchor = tmp_path / "anchor"
    call_command("seal_record", anchor=anchor)
    call_command("verify_record", anchor=anchor)
    events(1)
    call_command("seal_record", anchor=anchor)
    lines = anchor.read_text().splitlines()
    assert len(lines) == Seal.objects.count()
    call_command("verify_record", anchor=anchor)


def test_a_slower_transaction_is_not_left_out() -> None:
    """It commits a lower row number after the batch: sealing by row number would miss it."""
    import psycopg

    slow = psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None})
    try:
        slow.execute(
            "INSERT INTO audit_auditevent (public_id, actor_kind, act, object_kind, object_id, "
            "reason, detail, revealed_ids) VALUES (gen_random_uuid(), 'machine', 'test.slow', "
            "'', '', '', '{}', '{}')"
        )
        events(2)
        seal_record()
        slow.commit()
        seal_record()
        assert verify_record() == []
        sealed = sum(Seal.objects.filter(stream="audit.auditevent").values_list("rows", flat=True))
        assert sealed == AuditEvent.objects.count()
        assert AuditEvent.objects.filter(act="test.slow").exists()
    finally:
        slow.close()


def test_after_a_restore_a_new_epoch_begins() -> None:
    events(4)
    seal_record()
    # A restored server counts its transactions from the start: to the rows it is as if theirs
    # were still to come.
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_seal DISABLE TRIGGER USER")
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
    last = Seal.objects.get(stream="audit.auditevent")
    from audit.sealing import chained

    last.to_xid = 2**50
    last.chain = chained(last)
    last.save()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_seal ENABLE TRIGGER USER")
    seal_record()
    events(2)
    seal_record()
    events(1)
    seal_record()
    assert verify_record() == []
    epochs = list(
        Seal.objects.filter(stream="audit.auditevent")
        .order_by("number")
        .values_list("epoch", "rows")
    )
    assert epochs == [(1, 4), (1, 0), (2, 2), (2, 1)]


CHANGES = {
    "changed": "UPDATE {t} SET {column} = {value} WHERE id = {row}",
    "removed": "DELETE FROM {t} WHERE id = {row}",
    "moved": "UPDATE {t} SET id = {free} WHERE id = {row}",
    "swapped": (
        "UPDATE {t} SET id = -1 WHERE id = {row}; UPDATE {t} SET id = {row} WHERE id = {other}; "
        "UPDATE {t} SET id = {other} WHERE id = -1"
    ),
    "added": (
        "INSERT INTO {t} SELECT (jsonb_populate_record(NULL::{t}, to_jsonb(t) || "
        "jsonb_build_object('id', {free}, {unique}))).* FROM {t} AS t WHERE id = {row}"
    ),
    "hidden in time": "UPDATE {t} SET transaction_id = transaction_id + {years} WHERE id = {row}",
    "cut off": (
        "DELETE FROM {t} WHERE transaction_id >= (SELECT max(from_xid) FROM audit_seal WHERE "
        "stream = {stream}); DELETE FROM audit_seal WHERE stream = {stream} AND number = "
        "(SELECT max(number) FROM audit_seal WHERE stream = {stream})"
    ),
    "seal rewritten": (
        "UPDATE audit_seal SET rows = rows - 1 WHERE stream = {stream} AND number = {number}"
    ),
}
VALUES = {
    "audit_auditevent": {
        "act": "'test.other'",
        "reason": "'other'",
        "detail": """'{"n": 99999}'""",
        "actor_id": "gen_random_uuid()",
        "at": "at + interval '1 microsecond'",
        "subject_id": "gen_random_uuid()",
        "post_id": "coalesce(post_id, 0) + 1",
    },
    "consent_consentevent": {
        "state": "CASE state WHEN 'refused' THEN 'given' ELSE 'refused' END",
        "valid_until": "valid_until + interval '1 day'",
        "subject_id": "gen_random_uuid()",
        "notice_sha256": "reverse(notice_sha256)",
        "occurred_at": "occurred_at - interval '1 second'",
        "given_by": "'guardian'",
    },
}
UNIQUE = {
    "audit_auditevent": "'public_id', gen_random_uuid()",
    "consent_consentevent": "'event_id', gen_random_uuid()",
}


@pytest.mark.usefixtures("_free_hands")
def test_a_thousand_tampers_are_a_thousand_found() -> None:
    rng = random.Random(5)
    for _ in range(3):
        events(4)
        consents(1)
        seal_record()
    anchored = list(anchors_after([]))
    assert verify_record(anchored) == []
    missed = []
    for number in range(1000):
        table = rng.choice(TABLES)
        kind = rng.choice(list(CHANGES))
        said = tamper(rng, table, kind)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(said)
            if not verify_record(anchored):
                missed.append((number, kind, said))
            transaction.set_rollback(True)
    assert missed == []
    assert verify_record(anchored) == []


def tamper(rng: random.Random, table: str, kind: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {table} ORDER BY id")
        ids = [row for (row,) in cursor.fetchall()]
    column, value = rng.choice(list(VALUES[table].items()))
    stream = {"audit_auditevent": "audit.auditevent"}.get(table, "consent.consentevent")
    row, other = rng.sample(ids, 2)
    return CHANGES[kind].format(
        t=table,
        column=column,
        value=value,
        row=row,
        other=other,
        free=max(ids) + rng.randint(1, 1000),
        unique=UNIQUE[table],
        years=rng.randint(100_000, 10_000_000),
        stream=f"'{stream}'",
        number=rng.randint(1, 3),
    )


@pytest.mark.usefixtures("_free_hands")
def test_a_cut_end_is_seen_only_against_the_anchor() -> None:
    events(3)
    seal_record()
    events(3)
    seal_record()
    anchored = list(anchors_after([]))
    with connection.cursor() as cursor:
        cursor.execute(tamper(random.Random(1), "audit_auditevent", "cut off"))
    assert verify_record() == []
    assert [fault.what for fault in verify_record(anchored)] == ["anchored outside, and gone here"]


def test_a_damaged_anchor_file_is_named(tmp_path: Path) -> None:
    anchor = tmp_path / "anchor"
    anchor.write_text("{}\n")
    with pytest.raises(CommandError, match="damaged"):
        call_command("verify_record", anchor=anchor)
    with pytest.raises(CommandError, match="no such"):
        call_command("verify_record", anchor=tmp_path / "none")
    anchor.write_text(Anchored("audit.auditevent", 7, "00").write() + "\n")
    with pytest.raises(CommandError, match="1 faults"):
        call_command("verify_record", anchor=anchor)
