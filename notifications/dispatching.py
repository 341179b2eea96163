"""Sending when nobody rings: what the broker, beat or the workers fail to do is done here.

`manage.py dispatcher` is one small process beside the workers. It asks the broker to wake
them; while the broker does not answer, or chunks lie for too long although it does, it
writes audiences and sends by itself. An alert leaves with the broker down.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.db import close_old_connections

from notifications import addressing, sending, sweeping
from notifications.beating import beat
from notifications.models import Dispatch, DispatchState, Lane, Work
from notifications.waking import ring
from notifications.watching import engine_health

logger = logging.getLogger(__name__)

_TURN_SECONDS = 10.0


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
    beat(Work.WATCH)
    if not is_inline and ring("sweep", queue="crisis", expires=5):
        health = engine_health()
        if not health.alarms:
            return 0
        logger.error(
            "nobody sends alarms=%s processes=%d oldest_seconds=%d",
            ",".join(health.alarms),
            health.at_work,
            max(lane.oldest_seconds for lane in health.lanes),
        )
    sweeping.tidy()
    for dispatch_id in Dispatch.objects.filter(state=DispatchState.FREEZING).values_list(
        "pk", flat=True
    ):
        addressing.freeze(dispatch_id)
    return sending.drain(lane=Lane.ROUTINE, seconds=_TURN_SECONDS, should_stop=should_stop)
