"""Signs of life of the engine's processes, and forgetting those of processes long gone."""

from __future__ import annotations

import time

from django.db import connection as django_connection

from notifications.connecting import Connection
from notifications.leasing import OWNER
from notifications.models.heartbeats import Work

# Not oftener: a sign of life must cost nothing beside what it tells of.
BEAT_SECONDS = 2.0
# A process that was not heard of for so long does not count as working.
SILENT_SECONDS = 30.0

_BEAT = """
    INSERT INTO notifications_heartbeat (owner, work, started_at, seen_at, chunks)
    VALUES (%(owner)s, %(work)s, clock_timestamp(), clock_timestamp(), %(chunks)s)
    ON CONFLICT (owner, work) DO UPDATE
       SET seen_at = excluded.seen_at, chunks = notifications_heartbeat.chunks + excluded.chunks"""


class Pulse:
    """The heartbeat of one sending loop, written on the loop's own connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._next = 0.0
        self._untold = 0

    def beat(self, *, chunks: int = 0, is_last: bool = False) -> None:
        """Count finished turns at chunks; write them down every BEAT_SECONDS and at the end."""
        self._untold += chunks
        now = time.monotonic()
        if now < self._next and not (is_last and self._untold):
            return
        self._connection.execute(
            _BEAT, {"owner": OWNER, "work": Work.SEND.value, "chunks": self._untold}
        )
        self._next, self._untold = now + BEAT_SECONDS, 0


def beat(work: Work) -> None:
    """Write a sign of life of this process on Django's connection."""
    with django_connection.cursor() as cursor:
        cursor.execute(_BEAT, {"owner": OWNER, "work": work.value, "chunks": 0})


def forget_the_gone() -> None:
    """Remove the rows of processes not heard of for a day."""
    with django_connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM notifications_heartbeat"
            " WHERE seen_at < clock_timestamp() - interval '1 day'"
        )
