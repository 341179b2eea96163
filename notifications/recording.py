"""Writing outcomes while the next messages are already leaving.

A flush moves the cursor and writes the outcomes in one statement, so either both are
durable or neither is. At most one flush is under way; how many messages may be without a
durable outcome meanwhile is the sender's business (notifications.sending).
"""

from __future__ import annotations

import select
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from django.conf import settings
from psycopg import pq

from notifications.channels.protocol import Outcome
from notifications.connecting import Connection
from notifications.models import DeliveryStatus, Lane

if TYPE_CHECKING:
    from notifications.leasing import Lease, Result

# Only the fence: what was sent is recorded even when the dispatch is paused.
_MINE = """
    mine AS (
        UPDATE notifications_chunk
           SET cursor = $1::int, lease_until = clock_timestamp() + make_interval(secs => $2::float8)
         WHERE id = $3::bigint AND token = $4::bigint RETURNING dispatch_id)"""

# Whether somebody more urgent waits for a worker; crisis asks nobody.
_STATE = f"""
    SELECT d.state,
           $5::smallint < {int(Lane.CRISIS)} AND EXISTS (
               SELECT FROM notifications_chunk c JOIN notifications_dispatch o
                   ON o.id = c.dispatch_id
                WHERE c.state = 0 AND c.lane > $5::smallint AND c.due_at <= clock_timestamp()
                  AND o.state IN ('freezing', 'running')
                  AND (c.lease_until IS NULL OR c.lease_until < clock_timestamp()))
      FROM notifications_dispatch d JOIN mine ON mine.dispatch_id = d.id"""

# A receipt may have been faster than we are: 30 and 40 stay.
_PLAIN = f"""
    WITH {_MINE}, written AS (
        UPDATE notifications_delivery d
           SET status = {int(DeliveryStatus.HANDED_OVER)}, reason = '', route = $7::text,
               attempts = d.attempts + 1, changed_at = clock_timestamp()
         WHERE d.dispatch_id = $8::bigint AND d.seq = ANY($6::int[])
           AND d.status NOT IN (30, 40) AND EXISTS (SELECT FROM mine))
    {_STATE}"""

_FULL = f"""
    WITH {_MINE}, outcomes AS (
        SELECT * FROM unnest($6::int[], $7::smallint[], $8::text[], $9::text[], $10::text[],
                             $11::smallint[], $12::smallint[], $13::text[], $14::text[])
               AS o(seq, status, reason, provider_reference, route, tries, copies, outcome, code)
    ), written AS (
        UPDATE notifications_delivery d
           SET status = o.status, reason = o.reason, route = o.route,
               provider_reference = o.provider_reference, attempts = d.attempts + o.tries,
               copies = d.copies + o.copies, changed_at = clock_timestamp()
          FROM outcomes o
         WHERE d.dispatch_id = $15::bigint AND d.seq = o.seq AND d.status NOT IN (30, 40)
           AND EXISTS (SELECT FROM mine)
    ), troubles AS (
        INSERT INTO notifications_attempt (dispatch_id, seq, at, route, outcome, code)
        SELECT mine.dispatch_id, o.seq, clock_timestamp(), o.route, o.outcome, o.code
          FROM outcomes o, mine WHERE o.outcome <> '')
    {_STATE}"""

_STATEMENTS = {b"flush_plain": _PLAIN, b"flush_full": _FULL}
_IS_PREPARED = b"42P05"
_GOOD = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)


@dataclass(frozen=True)
class Standing:
    """What a flush tells the sender: the dispatch's state, and whether to make way."""

    state: str
    must_make_way: bool


class Ledger:
    """Writes outcomes over one connection, one flush under way at most."""

    def __init__(self, connection: Connection) -> None:
        # One plan, by the primary key, whatever the planner believes: while an alert goes
        # out its statistics are minutes old.
        connection.execute("SET plan_cache_mode = force_generic_plan")
        connection.execute("SET enable_seqscan = off")
        connection.execute("SET enable_hashjoin = off")
        connection.execute("SET enable_mergejoin = off")
        self._pg = connection.pgconn
        self._poll = select.poll()
        self._poll.register(self._pg.socket, select.POLLIN)
        self._lease_seconds = str(settings.SENDING_LEASE_SECONDS).encode()
        self._prepared: set[bytes] = set()
        self._lease: Lease | None = None
        self._cursor = 0

    @property
    def is_under_way(self) -> bool:
        """Whether a flush has begun whose answer was not asked for yet."""
        return self._lease is not None

    def begin(self, lease: Lease, cursor: int, results: Sequence[Result]) -> None:
        """Send a flush on its way. Raises psycopg.OperationalError."""
        assert self._lease is None
        name, parameters = _parameters(results)
        if name not in self._prepared:
            prepared = self._pg.prepare(name, _STATEMENTS[name].encode())
            problem = prepared.error_field(pq.DiagnosticField.SQLSTATE)
            # Another ledger may have prepared it on this connection before.
            if prepared.status not in _GOOD and problem != _IS_PREPARED:
                raise psycopg.OperationalError("a flush could not be prepared")
            self._prepared.add(name)
        numbers = (lease.chunk_id, lease.token, lease.lane)
        fixed = [str(cursor).encode(), self._lease_seconds, *(str(n).encode() for n in numbers)]
        dispatch = str(lease.dispatch_id).encode()
        self._pg.send_query_prepared(name, [*fixed, *parameters, dispatch])
        while self._pg.flush():
            select.select([], [self._pg.socket], [], 1.0)
        self._lease, self._cursor = lease, cursor

    def is_answered(self) -> bool:
        """Whether the answer to the flush has come; never waits."""
        if not self._poll.poll(0):
            return False
        self._pg.consume_input()
        return not self._pg.is_busy()

    def end(self) -> Standing | None:
        """Wait for the flush under way; None when the lease was lost.

        Raises psycopg.OperationalError.
        """
        lease, self._lease = self._lease, None
        assert lease is not None
        while self._pg.is_busy():
            self._poll.poll()
            self._pg.consume_input()
        standing: Standing | None = None
        trouble = b""
        while (result := self._pg.get_result()) is not None:
            if result.status not in _GOOD:
                trouble = result.error_field(pq.DiagnosticField.SQLSTATE) or b"connection"
            elif result.ntuples:
                state = result.get_value(0, 0) or b""
                standing = Standing(state.decode(), result.get_value(0, 1) == b"t")
        if trouble:
            raise psycopg.OperationalError(f"flush failed {trouble.decode()}")
        if standing is not None:
            lease.cursor = self._cursor
        return standing


def _parameters(results: Sequence[Result]) -> tuple[bytes, list[bytes]]:
    """Return the statement that fits these results, and what is particular to it."""
    seqs = _numbers([r.seq for r in results])
    if results and all(r.is_plain for r in results) and len({r.route for r in results}) == 1:
        return b"flush_plain", [seqs, results[0].route.encode()]
    troubled = [r.outcome if r.outcome is not Outcome.ACCEPTED else None for r in results]
    return b"flush_full", [
        seqs,
        _numbers([int(r.status) for r in results]),
        _texts([r.reason for r in results]),
        _texts([r.provider_reference for r in results]),
        _texts([r.route for r in results]),
        _numbers([int(r.is_attempt) for r in results]),
        _numbers([r.copies for r in results]),
        _texts([outcome.value if outcome else "" for outcome in troubled]),
        _texts([r.code[:40] for r in results]),
    ]


def _numbers(values: Sequence[int]) -> bytes:
    return b"{%b}" % ",".join(map(str, values)).encode()


def _texts(values: Sequence[str]) -> bytes:
    escaped = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{{{}}}".format(",".join(f'"{value}"' for value in escaped)).encode()
