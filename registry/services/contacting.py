"""What staff tried to reach a person: calls, and the messages they wrote."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts.models import StaffUser
from audit.recording import record
from encryption.identifiers import new_id
from registry import signals
from registry.access import post_between
from registry.models import CallOutcome, ContactLogEntry, Registrant


@transaction.atomic
def log_call(
    *, actor: StaffUser, person: Registrant, entry_id: UUID, outcome: CallOutcome, note: str
) -> ContactLogEntry:
    """Note how a call ended; the same form sent twice is noted once."""
    found = ContactLogEntry.objects.filter(pk=entry_id).first()
    if found is not None and found.registrant_id == person.pk:
        return found
    if found is not None:
        # The name of somebody else's call tells nothing, and keeps nobody from noting one.
        entry_id = new_id()
    entry = _write(actor, person, entry_id, "call", outcome, note)
    record(
        actor.actor,
        "registry.call-logged",
        subject_id=person.pk,
        object_kind="contact-log-entry",
        object_id=entry.pk,
        post_id=post_between(actor, person),
        detail={"outcome": outcome.value},
    )
    transaction.on_commit(
        lambda: signals.call_logged.send_robust(ContactLogEntry, entry_id=entry.pk)
    )
    return entry


def note_message(
    *, actor: StaffUser, person: Registrant, entry_id: UUID, text: str
) -> ContactLogEntry:
    """Put a message into the contact log, in the transaction of whoever sends and audits it."""
    return _write(actor, person, entry_id, "message", "", text)


def _write(
    actor: StaffUser, person: Registrant, entry_id: UUID, kind: str, outcome: str, note: str
) -> ContactLogEntry:
    entry = ContactLogEntry(id=entry_id, registrant=person, staff=actor, kind=kind, outcome=outcome)
    entry.note = note
    entry.save(force_insert=True)
    return entry
