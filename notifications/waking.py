"""Ringing the doorbell: telling workers that there is work, and never more than that.

Every wake-up may be lost: the sweeper finds the work in PostgreSQL a few
seconds later. So a broker that is down is noted and otherwise ignored.
"""

from __future__ import annotations

import logging

from celery import current_app
from kombu.exceptions import OperationalError

from notifications.models import Lane

logger = logging.getLogger(__name__)

QUEUE_OF_LANE = {Lane.CRISIS: "crisis", Lane.URGENT: "urgent", Lane.ROUTINE: "routine"}
# A wake-up that waited longer than this is superseded by the sweeper's next one.
EXPIRES_SECONDS = 15


def ring(task: str, *ids: int | str, queue: str, expires: int | None = None) -> bool:
    """Enqueue a task by name; False, and no exception, when the broker does not answer."""
    try:
        current_app.send_task(
            f"notifications.tasks.{task}", args=ids, queue=queue, retry=False, expires=expires
        )
    except (OperationalError, OSError) as trouble:
        logger.warning("wake-up lost task=%s error=%s", task, type(trouble).__name__)
        return False
    return True


def wake_lane(lane: int, workers: int = 1) -> None:
    """Wake sending loops for a lane."""
    for _ in range(workers):
        if not ring("drain", int(lane), queue=QUEUE_OF_LANE[Lane(lane)], expires=EXPIRES_SECONDS):
            return
