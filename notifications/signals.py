"""What notifications does when the register says that something happened."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.dispatch import Signal

from notifications.call_answers import answer_from_call
from notifications.waking import ring

# Somebody ended every kind of text message by answering STOP: person_id (UUID).
stopped_by_sms = Signal()


def on_proof_asked(sender: object, *, proof_id: int, **kwargs: Any) -> None:
    """A one-time code was asked for: decide later, out of the asker's sight, what is sent."""
    ring("answer_proof", proof_id, queue="urgent")


def on_contact_changed(sender: object, *, point_id: UUID, **kwargs: Any) -> None:
    """A contact was added or is leaving: whoever holds the others is told, soon."""
    ring("tell_of_change", str(point_id), queue="urgent")


def on_person_erased(sender: object, *, person_id: UUID, **kwargs: Any) -> None:
    """A person was erased: nothing of theirs may be left in queues and answers."""
    ring("forget_person", str(person_id), queue="urgent")


def on_call_logged(sender: object, *, entry_id: UUID, **kwargs: Any) -> None:
    """Staff noted a call: in a crisis, what the person said is an answer."""
    answer_from_call(entry_id)
