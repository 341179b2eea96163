"""Claiming a chunk, moving its cursor, giving it back: the SQL that loses nobody.

A claim raises the chunk's token; every later write names that token, so a
worker that was frozen past its lease writes nothing any more. The cursor never
passes a message without a recorded outcome (docs/sending.md, invariants I1–I4).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from notifications.channels.protocol import Outcome
from notifications.connecting import Connection
from notifications.models import DeliveryStatus, DispatchState
from notifications.recording import Ledger

OWNER = f"{socket.gethostname()[:30]}:{os.getpid()}"


@dataclass
class Lease:
    """A claimed chunk. `is_careful`: its last holder died, so go one message at a time."""

    chunk_id: int
    dispatch_id: int
    message_id: int
    channel: int
    lane: int
    is_exercise: bool
    max_copies: int
    lo: int
    hi: int
    cursor: int
    token: int
    is_retry: bool
    is_careful: bool


@dataclass(frozen=True)
class Result:
    """The outcome of one delivery, ready to be written."""

    seq: int
    status: DeliveryStatus
    reason: str = ""
    provider_reference: str = ""
    route: str = ""
    outcome: Outcome | None = None
    code: str = ""
    is_attempt: bool = True
    # Copies that may have left without an answer, to be counted against the copy bound.
    copies: int = 0
    # Whether a route had the message in hand.
    was_taken: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it says no more than that the message was handed over."""
        return (
            self.status is DeliveryStatus.HANDED_OVER
            and self.is_attempt
            and not self.provider_reference
            and not self.copies
        )


_CLAIM = """
    WITH claimed AS (
    UPDATE notifications_chunk
       SET token = token + 1, claims = claims + 1, owner = %(owner)s,
           -- A lease that was never given back belonged to somebody who died holding it.
           stuck_count = CASE WHEN lease_until IS NULL THEN 0 ELSE stuck_count + 1 END,
           lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
     WHERE id = (
           SELECT c.id FROM notifications_chunk c
             JOIN notifications_dispatch d ON d.id = c.dispatch_id
            WHERE c.state = 0 AND c.lane >= %(lane)s AND c.due_at <= clock_timestamp()
              AND d.state IN ('freezing', 'running')
              AND (c.lease_until IS NULL OR c.lease_until < clock_timestamp())
            ORDER BY c.lane DESC, c.due_at, c.id
              FOR UPDATE OF c SKIP LOCKED LIMIT 1)
    RETURNING id, dispatch_id, channel, lane, lo, hi, cursor, token, is_retry, stuck_count)
    SELECT c.id, c.dispatch_id, d.message_id, c.channel, c.lane, d.is_exercise, d.max_copies,
           c.lo, c.hi, c.cursor, c.token, c.is_retry, c.stuck_count > 0
      FROM claimed c JOIN notifications_dispatch d ON d.id = c.dispatch_id"""


def claim(connection: Connection, *, lane: int) -> Lease | None:
    """Lease the most urgent claimable chunk of this lane or a higher one."""
    row = connection.execute(
        _CLAIM, {"owner": OWNER, "lease": settings.SENDING_LEASE_SECONDS, "lane": lane}
    ).fetchone()
    return Lease(*row) if row else None


def flush(
    connection: Connection, lease: Lease, *, cursor: int, results: Sequence[Result]
) -> str | None:
    """Record outcomes and move the cursor past them, in one statement, and wait for it.

    Returns the dispatch's state, or None when the lease was lost: stop at once.
    """
    ledger = Ledger(connection)
    ledger.begin(lease, cursor, results)
    standing = ledger.end()
    return standing.state if standing else None


def note_try(connection: Connection, lease: Lease, seq: int) -> int:
    """Record, before the fact, that a careful sender is about to send one message.

    Returns how many copies may have left without an answer, this one included, so that
    a message that kills whoever sends it is given up after a known number of them.
    """
    row = connection.execute(
        """UPDATE notifications_delivery
              SET attempts = attempts + 1, copies = copies + 1
            WHERE dispatch_id = %s AND seq = %s RETURNING copies""",
        [lease.dispatch_id, seq],
    ).fetchone()
    assert row is not None
    return int(row[0])


def finish(connection: Connection, lease: Lease) -> None:
    """Close a chunk whose cursor reached its end; put deferred messages in a retry chunk."""
    with connection.transaction():
        row = connection.execute(
            """UPDATE notifications_chunk SET state = 2, lease_until = NULL
                WHERE id = %s AND token = %s AND cursor = hi RETURNING dispatch_id""",
            [lease.chunk_id, lease.token],
        ).fetchone()
        if row is None:
            return
        deferred = connection.execute(
            """SELECT min(seq), max(seq) + 1, min(attempts) FROM notifications_delivery
                WHERE dispatch_id = %s AND seq >= %s AND seq < %s AND status = %s""",
            [lease.dispatch_id, lease.lo, lease.hi, DeliveryStatus.DEFERRED],
        ).fetchone()
        if deferred and deferred[0] is not None:
            waits = settings.RETRY_MINUTES
            wait = waits[min(max(deferred[2], 1), len(waits)) - 1]
            connection.execute(
                """INSERT INTO notifications_chunk
                          (dispatch_id, channel, lane, lo, hi, cursor, state, is_retry, token,
                           owner, due_at, claims, stuck_count)
                   VALUES (%(dispatch)s, %(channel)s, %(lane)s, %(lo)s, %(hi)s, %(lo)s, 0, true, 0,
                           '', clock_timestamp() + make_interval(secs => %(wait)s * 60.0), 0, 0)""",
                {
                    "dispatch": lease.dispatch_id,
                    "channel": lease.channel,
                    "lane": lease.lane,
                    "lo": deferred[0],
                    "hi": deferred[1],
                    "wait": wait,
                },
            )
    finish_dispatch(connection, lease.dispatch_id)


def release(connection: Connection, lease: Lease, *, wait_seconds: float = 0.0) -> None:
    """Give a chunk back before its end, to be claimed again after a while."""
    connection.execute(
        """UPDATE notifications_chunk
              SET lease_until = NULL, owner = '', stuck_count = 0,
                  due_at = clock_timestamp() + make_interval(secs => %s)
            WHERE id = %s AND token = %s""",
        [wait_seconds, lease.chunk_id, lease.token],
    )


def finish_dispatch(connection: Connection, dispatch_id: int) -> None:
    """Mark a dispatch finished once its audience is frozen and no chunk is open."""
    connection.execute(
        """UPDATE notifications_dispatch SET state = %(finished)s, finished_at = clock_timestamp()
            WHERE id = %(id)s AND state = %(running)s
              AND NOT EXISTS (SELECT FROM notifications_audienceslice s
                               WHERE s.dispatch_id = %(id)s AND s.written_at IS NULL)
              AND NOT EXISTS (SELECT FROM notifications_chunk c
                               WHERE c.dispatch_id = %(id)s AND c.state = 0)""",
        {
            "id": dispatch_id,
            "running": DispatchState.RUNNING.value,
            "finished": DispatchState.FINISHED.value,
        },
    )
