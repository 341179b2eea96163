"""Showing that a row stands in the record as it was sealed, without showing other rows."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from audit.models import Seal
from audit.sealing import batch_of, leaves
from audit.streams import Stream
from encryption import merkle

_SAID = (
    *("stream", "number", "epoch", "columns", "from_xid", "to_xid", "after_id", "until_id"),
    *("first_id", "last_id", "rows", "root", "previous", "chain"),
)


def inclusion(stream: Stream, row_id: int) -> dict[str, Any] | None:
    """Return a row's bytes, its place in the tree of its seal and the path to the root.

    None while the row is not sealed yet. deploy/verify_proof.py checks it with nothing of ours.
    """
    for seal in _seals_over(stream, row_id):
        batch = batch_of(seal, _end_of(seal))
        digests: list[bytes] = []
        position = None
        for found_id, digest in leaves(stream.table, batch):
            if found_id == row_id:
                position = len(digests)
            digests.append(digest)
        if position is not None:
            return {
                "seal": seal.number,
                "row": _text(stream, seal, row_id),
                "position": position,
                "size": len(digests),
                "path": [each.hex() for each in merkle.proof(digests, position)],
            }
    return None


def chain(stream: Stream) -> list[dict[str, Any]]:
    """Return every seal of a stream in order, as data."""
    return list(Seal.objects.filter(stream=stream.name).order_by("number").values(*_SAID))


def _seals_over(stream: Stream, row_id: int) -> list[Seal]:
    found = Seal.objects.filter(stream=stream.name, first_id__lte=row_id, last_id__gte=row_id)
    return list(found.order_by("number"))


def _end_of(seal: Seal) -> int | None:
    closing = Seal.objects.filter(
        stream=seal.stream, epoch=seal.epoch, until_id__isnull=False
    ).first()
    return closing.until_id if closing else None


@transaction.atomic
def _text(stream: Stream, seal: Seal, row_id: int) -> str:
    values = ", ".join(f'"{column}"' for column in seal.columns)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        cursor.execute(
            f"SELECT jsonb_build_array({values})::text FROM {stream.table} WHERE id = %s",  # noqa: S608
            [row_id],
        )
        (text,) = cursor.fetchone()
    return str(text)
