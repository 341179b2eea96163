"""Holding back what is on its way. It takes two people to send, and one to stop."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts.access import has_role
from accounts.models import Role, StaffUser
from audit.recording import record
from crises.services import NotAllowed
from notifications.models import (
    Chunk,
    ChunkState,
    Delivery,
    DeliveryStatus,
    Dispatch,
    DispatchState,
)
from notifications.waking import ring, wake_lane


@transaction.atomic
def cancel_dispatch(*, actor: StaffUser, dispatch: Dispatch) -> int:
    """Stop what has not been handed over; return how many messages were stopped.

    One person may stop: it takes two to send, and one to hold back.
    """
    if not has_role(actor, Role.AUTHOR, Role.APPROVER):
        raise NotAllowed
    held = Dispatch.objects.select_for_update().get(pk=dispatch.pk)
    if held.broadcast_id is None:
        raise NotAllowed
    if held.state in (DispatchState.FINISHED, DispatchState.CANCELLED):
        return 0
    held.state = DispatchState.CANCELLED
    held.finished_at = timezone.now()
    held.save(update_fields=["state", "finished_at"])
    Chunk.objects.filter(dispatch=held, state=ChunkState.OPEN, lease_until__isnull=True).update(
        state=ChunkState.CANCELLED
    )
    record(
        actor.actor, "notifications.dispatch-cancelled", object_kind="dispatch", object_id=held.pk
    )
    dispatch_id = held.pk
    # Workers still holding a chunk notice at their next flush; the sweeper closes the rest.
    transaction.on_commit(lambda: ring("sweep", queue="crisis"))
    return Delivery.objects.filter(
        dispatch_id=dispatch_id,
        status__in=[DeliveryStatus.QUEUED, DeliveryStatus.DEFERRED],
    ).count()


@transaction.atomic
def pause_dispatch(*, actor: StaffUser, dispatch: Dispatch) -> None:
    """Hold a running dispatch; workers stop within a few messages."""
    _switch(actor, dispatch, DispatchState.RUNNING, DispatchState.PAUSED, "paused")


@transaction.atomic
def resume_dispatch(*, actor: StaffUser, dispatch: Dispatch) -> None:
    """Go on with a paused dispatch from where it was; nobody is sent anything twice."""
    _switch(actor, dispatch, DispatchState.PAUSED, DispatchState.RUNNING, "resumed")
    lane = dispatch.lane
    transaction.on_commit(lambda: wake_lane(lane, workers=2))


def _switch(
    actor: StaffUser, dispatch: Dispatch, old: DispatchState, new: DispatchState, word: str
) -> None:
    if not has_role(actor, Role.AUTHOR, Role.APPROVER) or dispatch.broadcast_id is None:
        raise NotAllowed
    if not Dispatch.objects.filter(pk=dispatch.pk, state=old).update(state=new):
        raise NotAllowed
    record(
        actor.actor,
        f"notifications.dispatch-{word}",
        object_kind="dispatch",
        object_id=dispatch.pk,
    )
