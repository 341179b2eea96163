"""The engine's own health, read from rows: what waits, who works, how the routes fare.

Nothing here names, counts or groups people.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from notifications.beating import SILENT_SECONDS
from notifications.models import Lane
from notifications.models.heartbeats import Work

# A chunk that anybody could have claimed for so long means that nobody works.
ALARM_SECONDS = 10.0


@dataclass(frozen=True)
class LaneHealth:
    """The open chunks of one lane. oldest_seconds: how long the oldest could be claimed."""

    lane: Lane
    waiting: int = 0
    held: int = 0
    put_off: int = 0
    abandoned: int = 0
    oldest_seconds: float = 0.0

    @property
    def is_alarming(self) -> bool:
        """Whether nobody seems to work on it."""
        return self.oldest_seconds > ALARM_SECONDS


@dataclass(frozen=True)
class ProcessHealth:
    """One process of the engine. silent_seconds: since it was last heard of."""

    owner: str
    work: Work
    started_at: datetime.datetime
    silent_seconds: float
    chunks: int

    @property
    def is_silent(self) -> bool:
        """Whether it may be gone."""
        return self.silent_seconds > SILENT_SECONDS


@dataclass(frozen=True)
class RouteTrouble:
    """How often a route gave one kind of bad answer in the last quarter of an hour."""

    route: str
    outcome: str
    times: int


@dataclass(frozen=True)
class EngineHealth:
    """Everything the page and the metrics show."""

    lanes: Sequence[LaneHealth]
    processes: Sequence[ProcessHealth]
    troubles: Sequence[RouteTrouble]
    dispatches: Sequence[tuple[str, int]]
    receipts_waiting: int
    replies_waiting: int

    @property
    def at_work(self) -> int:
        """How many processes were heard of lately, the watcher not counted."""
        return len({p.owner for p in self.processes if not p.is_silent and p.work != Work.WATCH})

    @property
    def alarms(self) -> list[str]:
        """Codes of what somebody should look at: "nobody-works", "lane-<name>-stands"."""
        found = [f"lane-{lane.lane.label}-stands" for lane in self.lanes if lane.is_alarming]
        if found and not self.at_work:
            found.insert(0, "nobody-works")
        return found


_LANES = """
    SELECT c.lane,
           count(*) FILTER (WHERE c.due_at <= now.at AND coalesce(c.lease_until < now.at, true)),
           count(*) FILTER (WHERE c.lease_until >= now.at),
           count(*) FILTER (WHERE c.due_at > now.at),
           count(*) FILTER (WHERE c.lease_until < now.at),
           coalesce(max(extract(epoch FROM now.at - greatest(
                            c.due_at, c.lease_until, d.released_at)))
                    FILTER (WHERE c.due_at <= now.at
                              AND coalesce(c.lease_until < now.at, true)), 0)
      FROM notifications_chunk c JOIN notifications_dispatch d ON d.id = c.dispatch_id,
           (SELECT clock_timestamp() AS at) AS now
     WHERE c.state = 0 AND d.state IN ('freezing', 'running')
     GROUP BY c.lane"""

_PROCESSES = """
    SELECT owner, work, started_at,
           greatest(extract(epoch FROM clock_timestamp() - seen_at), 0), chunks
      FROM notifications_heartbeat
     WHERE seen_at > clock_timestamp() - interval '1 hour'
     ORDER BY seen_at DESC LIMIT 200"""

# By dispatch, which is how attempts are indexed.
_TROUBLES = """
    SELECT a.route, a.outcome, count(*)
      FROM notifications_dispatch d JOIN notifications_attempt a ON a.dispatch_id = d.id
     WHERE (d.state IN ('freezing', 'running', 'paused')
            OR d.finished_at > clock_timestamp() - interval '15 minutes')
       AND a.at > clock_timestamp() - interval '15 minutes'
     GROUP BY a.route, a.outcome ORDER BY a.route, a.outcome LIMIT 100"""

_DISPATCHES = """
    SELECT state, count(*) FROM notifications_dispatch
     WHERE state IN ('freezing', 'running', 'paused') GROUP BY state ORDER BY state"""

_INBOX = """
    SELECT (SELECT count(*) FROM notifications_receipt WHERE applied_at IS NULL),
           (SELECT count(*) FROM notifications_inboundmessage WHERE applied_at IS NULL)"""


def engine_health() -> EngineHealth:
    """Return how the engine fares now; five short queries."""
    lanes = {
        lane: LaneHealth(Lane(lane), waiting, held, put_off, abandoned, float(oldest))
        for lane, waiting, held, put_off, abandoned, oldest in _rows(_LANES)
    }
    ((receipts, replies),) = _rows(_INBOX)
    return EngineHealth(
        lanes=[lanes.get(lane.value, LaneHealth(lane)) for lane in reversed(Lane)],
        processes=[
            ProcessHealth(owner, Work(work), started_at, float(silent), chunks)
            for owner, work, started_at, silent, chunks in _rows(_PROCESSES)
        ],
        troubles=[RouteTrouble(*row) for row in _rows(_TROUBLES)],
        dispatches=[(state, count) for state, count in _rows(_DISPATCHES)],
        receipts_waiting=receipts,
        replies_waiting=replies,
    )


def _rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())
