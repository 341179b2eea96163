"""Finding work that nobody is doing: lost wake-ups, dead freezes, ended dispatches."""

from __future__ import annotations

from django.db import connection, transaction
from django.utils import timezone

from notifications.beating import beat, forget_the_gone
from notifications.models import DeliveryStatus, Dispatch, DispatchState, Work
from notifications.waking import ring, wake_lane
from registry.models import ContactPoint, ContactProof

# How many sending loops one sweep wakes at most per lane.
MAX_WAKE = 8


def sweep() -> dict[int, int]:
    """Wake whoever is needed; return the number of claimable chunks per lane."""
    beat(Work.SWEEP)
    for dispatch_id in Dispatch.objects.filter(state=DispatchState.FREEZING).values_list(
        "pk", flat=True
    ):
        ring("freeze", dispatch_id, queue="crisis", expires=15)
    for proof_id in ContactProof.objects.filter(
        answered_at__isnull=True, expires_at__gt=timezone.now()
    ).values_list("pk", flat=True)[:200]:
        ring("answer_proof", proof_id, queue="urgent", expires=15)
    for point_id in ContactPoint.objects.filter(is_change_untold=True).values_list("pk", flat=True)[
        :200
    ]:
        ring("tell_of_change", str(point_id), queue="urgent", expires=15)
    tidy()
    waiting = claimable_chunks()
    for lane, chunks in waiting.items():
        wake_lane(lane, workers=min(chunks, MAX_WAKE))
    return waiting


def tidy() -> None:
    """Close what was stopped, or finished by somebody who died before saying so."""
    _close_cancelled()
    _close_finished()
    forget_the_gone()


def claimable_chunks() -> dict[int, int]:
    """Return how many chunks could be claimed now, by lane."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.lane, count(*)
                 FROM notifications_chunk c JOIN notifications_dispatch d ON d.id = c.dispatch_id
                WHERE c.state = 0 AND c.due_at <= clock_timestamp()
                  AND d.state IN ('freezing', 'running')
                  AND (c.lease_until IS NULL OR c.lease_until < clock_timestamp())
                GROUP BY c.lane"""
        )
        return dict(cursor.fetchall())


def _close_cancelled() -> None:
    """Close the chunks of stopped dispatches whose leases ended, and mark what never left."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """UPDATE notifications_chunk c SET state = 3, lease_until = NULL
                 FROM notifications_dispatch d
                WHERE d.id = c.dispatch_id AND d.state = 'cancelled' AND c.state = 0
                  AND (c.lease_until IS NULL OR c.lease_until < clock_timestamp())"""
        )
        cursor.execute(
            """UPDATE notifications_delivery v
                  SET status = %(cancelled)s, reason = 'stopped', changed_at = clock_timestamp()
                 FROM notifications_dispatch d
                WHERE d.id = v.dispatch_id AND d.state = 'cancelled'
                  AND d.finished_at > now() - interval '1 day'
                  AND v.status IN (%(queued)s, %(deferred)s)
                  AND NOT EXISTS (SELECT FROM notifications_chunk c
                                   WHERE c.dispatch_id = d.id AND c.state = 0)""",
            {
                "cancelled": DeliveryStatus.CANCELLED,
                "queued": DeliveryStatus.QUEUED,
                "deferred": DeliveryStatus.DEFERRED,
            },
        )


def _close_finished() -> None:
    """Finish dispatches whose last worker died between its chunk and the mark."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE notifications_dispatch d
                  SET state = 'finished', finished_at = clock_timestamp()
                WHERE d.state = 'running'
                  AND NOT EXISTS (SELECT FROM notifications_audienceslice s
                                   WHERE s.dispatch_id = d.id AND s.written_at IS NULL)
                  AND NOT EXISTS (SELECT FROM notifications_chunk c
                                   WHERE c.dispatch_id = d.id AND c.state = 0)"""
        )
