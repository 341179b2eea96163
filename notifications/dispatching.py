"""Sending when nobody rings: what the broker, beat or the workers fail to do is done here.

`manage.py dispatcher` is one small process beside the workers. It asks the broker to wake
them; while the broker does not answer, or chunks lie for too long although it does, it
writes audiences and sends by itself. An alert leaves with the broker down.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import close_old_connections, connection

from notifications import addressing, sending, sweeping
from notifications.models import Dispatch, DispatchState, Lane
from notifications.waking import ring

logger = logging.getLogger(__name__)

# A chunk that anybody could have claimed for so long means that nobody works.
ALARM_SECONDS = 10.0
_TURN_SECONDS = 10.0


@dataclass(frozen=True)
class Backlog:
    """Chunks that could be claimed now, and for how many seconds the oldest has lain so."""

    chunks: int
    oldest_seconds: float

    @property
    def is_alarming(self) -> bool:
        """Whether nobody seems to work."""
        return self.oldest_seconds > ALARM_SECONDS


def backlog(*, least_lane: int = Lane.ROUTINE) -> Backlog:
    """Return what waits in a lane and those above."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*), coalesce(max(extract(epoch FROM clock_timestamp() - greatest(
                          c.due_at, c.lease_until, d.released_at))), 0)
                 FROM notifications_chunk c JOIN notifications_dispatch d ON d.id = c.dispatch_id
                WHERE c.state = 0 AND c.lane >= %s AND c.due_at <= clock_timestamp()
                  AND d.state IN ('freezing', 'running')
                  AND (c.lease_until IS NULL OR c.lease_until < clock_timestamp())""",
            [int(least_lane)],
        )
        chunks, seconds = cursor.fetchone()
    return Backlog(int(chunks), float(seconds))


def look_after(
    *,
    is_inline: bool = False,
    pause_seconds: float = 1.0,
    should_stop: Callable[[], bool] = lambda: False,
) -> None:
    """Watch until told to stop. With `is_inline`, send without asking the broker at all."""
    while not should_stop():
        close_old_connections()
        if not look_once(is_inline=is_inline, should_stop=should_stop):
            time.sleep(pause_seconds)


def look_once(*, is_inline: bool, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Wake the workers, or do their work; return how many chunks were worked here."""
    if not is_inline and ring("sweep", queue="crisis", expires=5):
        waiting = backlog()
        if not waiting.is_alarming:
            return 0
        logger.error(
            "nobody sends chunks=%s oldest_seconds=%d", waiting.chunks, waiting.oldest_seconds
        )
    sweeping.tidy()
    for dispatch_id in Dispatch.objects.filter(state=DispatchState.FREEZING).values_list(
        "pk", flat=True
    ):
        addressing.freeze(dispatch_id)
    return sending.drain(lane=Lane.ROUTINE, seconds=_TURN_SECONDS, should_stop=should_stop)
