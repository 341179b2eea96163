"""The audit record: written with its act, and never changed."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from audit.models import AuditEvent
from audit.recording import Actor, record
from encryption.identifiers import new_id

pytestmark = pytest.mark.django_db

CHANGES = [
    "UPDATE audit_auditevent SET act = 'other'",
    "DELETE FROM audit_auditevent",
    "TRUNCATE audit_auditevent",
]


def an_event() -> AuditEvent:
    with transaction.atomic():
        return record(Actor.machine(), "test.happened", subject_id=new_id(), detail={"people": 3})


@pytest.mark.parametrize("change", CHANGES)
def test_an_event_is_never_changed_or_removed(change: str) -> None:
    event = an_event()
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(change)
    assert AuditEvent.objects.get(pk=event.pk).act == "test.happened"


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.django_db(transaction=True)
def test_a_session_that_claims_to_be_a_replica_is_refused_too(change: str) -> None:
    event = an_event()
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        (is_superuser,) = cursor.fetchone()
        if is_superuser:
            cursor.execute("SET session_replication_role = replica")
        try:
            with pytest.raises(DatabaseError, match="only ever added"):
                cursor.execute(change)
        finally:
            if is_superuser:
                cursor.execute("SET session_replication_role = origin")
    assert AuditEvent.objects.filter(pk=event.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError):
        record(Actor.machine(), "test.happened")


def test_an_event_goes_with_the_act_that_failed() -> None:
    before = AuditEvent.objects.count()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record(Actor.machine(), "test.happened")
        raise ZeroDivisionError
    assert AuditEvent.objects.count() == before


def test_an_event_knows_its_transaction() -> None:
    event = an_event()
    event.refresh_from_db()
    assert event.transaction_id > 0
    assert event.at is not None
