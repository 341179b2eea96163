"""Sealing the record: a hash tree over every row that can no longer change, chained.

A batch holds the rows of the transactions below the snapshot's horizon: a slower
transaction can commit a lower row number later, but never below it. Acts only add
their row; nobody waits for a lock here (a chain per row would make every act wait).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

from django.db import connection, transaction

from audit.models import Seal
from audit.streams import Stream, streams
from encryption import merkle

GENESIS = "0" * 64
_ROWS_AT_ONCE = 5000


@dataclass(frozen=True)
class Batch:
    """The rows one seal covers: of transactions in [from_xid, to_xid), ids in (after, until]."""

    columns: tuple[str, ...]
    from_xid: int
    to_xid: int | None
    after_id: int
    until_id: int | None


def leaves(table: str, batch: Batch) -> Iterator[tuple[int, bytes]]:
    """Yield id and leaf of every row of a batch in order, in bounded memory.

    A row's bytes are the JSON array of its columns as PostgreSQL writes it, instants in UTC.
    """
    values = ", ".join(f'"{column}"' for column in batch.columns)
    conditions = ["id > %(after)s"]
    if batch.from_xid:
        conditions.append("transaction_id >= %(from)s")
    if batch.to_xid is not None:
        # Rows older than the column have none: they belong to the first batch.
        conditions.append("coalesce(transaction_id, 0) < %(to)s")
    if batch.until_id is not None:
        conditions.append("id <= %(until)s")
    sql = (
        f"SELECT id, sha256('\\x00'::bytea || convert_to(jsonb_build_array({values})::text, "  # noqa: S608
        f"'UTF8')) FROM {table} WHERE {' AND '.join(conditions)} ORDER BY id"
    )
    parameters = {
        "after": batch.after_id,
        "from": batch.from_xid,
        "to": batch.to_xid,
        "until": batch.until_id,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        name = f"rows_{uuid4().hex}"
        cursor.execute(f"DECLARE {name} NO SCROLL CURSOR FOR {sql}", parameters)
        while True:
            cursor.execute(f"FETCH {_ROWS_AT_ONCE} FROM {name}")
            rows = cursor.fetchall()
            for row_id, digest in rows:
                yield row_id, bytes(digest)
            if len(rows) < _ROWS_AT_ONCE:
                break
        cursor.execute(f"CLOSE {name}")


def chained(seal: Seal) -> str:
    """Return the link of a seal: everything it says, bound to the seal before it."""
    said = json.dumps(
        [
            seal.stream,
            seal.number,
            seal.epoch,
            list(seal.columns),
            seal.from_xid,
            seal.to_xid,
            seal.after_id,
            seal.until_id,
            seal.first_id,
            seal.last_id,
            seal.rows,
            seal.root,
        ]
    )
    return merkle.link(bytes.fromhex(seal.previous), said).hex()


def batch_of(seal: Seal, until_id: int | None) -> Batch:
    """Return the rows a seal covers, given where its epoch ended (None: still open)."""
    return Batch(tuple(seal.columns), seal.from_xid, seal.to_xid, seal.after_id, until_id)


def seal_record() -> int:
    """Seal what can no longer change in every stream. Return how many rows were sealed."""
    return sum(_seal(stream) for stream in streams())


@transaction.atomic
def _seal(stream: Stream) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [stream.name])
        cursor.execute(
            "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, "
            "pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
        )
        horizon, newest = cursor.fetchone()
    last = Seal.objects.filter(stream=stream.name).order_by("-number").first()
    if last is None:
        return _add(stream, None, Batch(stream.columns, 0, horizon, 0, None), epoch=1)
    if last.to_xid is None:
        fresh = Batch(stream.columns, 0, horizon, last.until_id or 0, None)
        return _add(stream, last, fresh, epoch=last.epoch + 1)
    if last.to_xid > newest:
        return _close_epoch(stream, last)
    batch = Batch(stream.columns, last.to_xid, horizon, last.after_id, None)
    return _add(stream, last, batch, epoch=last.epoch)


def _close_epoch(stream: Stream, last: Seal) -> int:
    """Seal all that is left of a server whose transaction numbers are gone with it.

    A logical restore begins to count anew. Rows already there are closed as they stand, and
    the next seal begins a new epoch above them.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {stream.table}")  # noqa: S608
        (until,) = cursor.fetchone()
    batch = Batch(stream.columns, last.to_xid or 0, None, last.after_id, until)
    return _add(stream, last, batch, epoch=last.epoch)


def _add(stream: Stream, last: Seal | None, batch: Batch, *, epoch: int) -> int:
    tree, first, final = merkle.Tree(), None, None
    for row_id, leaf in leaves(stream.table, batch):
        first, final = first or row_id, row_id
        tree.add(leaf)
    if not tree.size and batch.to_xid is not None:
        return 0
    seal = Seal(
        stream=stream.name,
        number=last.number + 1 if last else 1,
        epoch=epoch,
        columns=list(batch.columns),
        from_xid=batch.from_xid,
        to_xid=batch.to_xid,
        after_id=batch.after_id,
        until_id=batch.until_id,
        first_id=first,
        last_id=final,
        rows=tree.size,
        root=tree.root().hex(),
        previous=last.chain if last else GENESIS,
    )
    seal.chain = chained(seal)
    seal.save(force_insert=True)
    return tree.size
