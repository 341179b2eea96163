"""Celery's entry points: ids in, one call out. Every task may be lost or run twice."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from notifications import (
    addressing,
    answering_proofs,
    applying_receipts,
    escalating,
    forgetting,
    freshening,
    receiving,
    sending,
    sweeping,
    telling_changes,
    telling_overridden,
)
from notifications.models import Lane
from notifications.stopping import is_stopping
from notifications.waking import wake_lane


@shared_task
def drain(lane: int) -> None:
    """Send what is claimable in a lane for a while."""
    # There may be more than one turn's worth, or chunks that came meanwhile.
    if sending.drain(lane=lane, should_stop=is_stopping) and sweeping.claimable_chunks().get(lane):
        wake_lane(lane)


@shared_task
def freeze(dispatch_id: int) -> None:
    """Write the audience of a dispatch."""
    addressing.freeze(dispatch_id, lambda: wake_lane(Lane.CRISIS, workers=2))


@shared_task
def sweep() -> None:
    """Find work nobody is doing."""
    sweeping.sweep()


@shared_task
def escalate() -> None:
    """Begin the rungs of ladders that are due."""
    escalating.escalate()


@shared_task
def apply_receipts() -> None:
    """Apply what providers told us."""
    applying_receipts.apply_receipts()
    receiving.apply_inbound()


@shared_task
def answer_proof(proof_id: int) -> None:
    """Send a one-time code, if its contact is known."""
    answering_proofs.answer_proof(proof_id)


@shared_task
def tell_of_change(point_id: str) -> None:
    """Tell somebody's other contacts that one was added or is leaving."""
    telling_changes.tell_of_change(UUID(point_id))


@shared_task
def ask_around() -> None:
    """Ask about stays nobody has said anything of for long."""
    freshening.ask_around()


@shared_task
def tell_overridden() -> None:
    """Tell people why they were written to without having agreed."""
    telling_overridden.tell_overridden()


@shared_task
def forget_person(person_id: str) -> None:
    """Remove an erased person's answers and queued messages."""
    forgetting.forget_person(UUID(person_id))
