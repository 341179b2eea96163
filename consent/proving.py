"""The bundle for a court: what was answered, to which words, and that nobody changed it since."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from audit.proving import chain, inclusion
from audit.streams import Stream
from consent.models import ConsentEvent
from consent.receipts import as_kantara, as_ts27560, receipt_of


def proof_of(record_id: UUID) -> dict[str, Any]:
    """Return every answer of one record (a person and a purpose) with its proof, as JSON data.

    Holds no name: after an erasure it still proves, and names nobody. Raises LookupError for
    an unknown record.
    """
    events = list(
        ConsentEvent.objects.filter(record_id=record_id)
        .select_related("purpose", "notice")
        .order_by("pk")
    )
    if not events:
        raise LookupError("no such consent record")
    stream = Stream.of(ConsentEvent)
    answers = []
    for event in events:
        receipt = receipt_of(event)
        answers.append(
            {
                "state": event.state,
                "record": as_ts27560(receipt),
                "receipt": as_kantara(receipt),
                "inclusion": inclusion(stream, event.pk),
            }
        )
    return {"stream": stream.name, "answers": answers, "seals": chain(stream)}
