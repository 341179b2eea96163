"""Whose message it is, when several people share one address.

One row carries the message to a shared address; the rows of the others point at it. When
whoever it was frozen for has gone meanwhile, or wants no messages any more, the others still
want it: one of them changes places with the leaver. The carrying row keeps its number, so that
chunks, links and receipts know it as before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from consent.models import Basis
from notifications.models import DeliveryStatus
from notifications.overridden import HEIR_MAY_HAVE_IT

# Reasons that hold for the person, and not for the address or the message.
PERSONAL_REASONS = frozenset({"erased", "consent-withdrawn", "contact-removed", "override-over"})

_CHANGE_PLACES = f"""
    WITH leaver AS MATERIALIZED (
        SELECT d.*, asked.why
          FROM notifications_delivery d
          JOIN unnest(%(seqs)s::int[], %(reasons)s::text[]) AS asked(number, why)
            ON asked.number = d.seq
         WHERE d.dispatch_id = %(dispatch)s AND d.shared_with_seq IS NULL
           AND d.status IN ({DeliveryStatus.QUEUED.value}, {DeliveryStatus.DEFERRED.value})
           FOR UPDATE OF d
    ), heir AS MATERIALIZED (
        SELECT DISTINCT ON (l.seq) h.*, l.seq AS carrying
          FROM leaver l
          JOIN notifications_delivery h
            ON h.address_token = l.address_token AND h.dispatch_id = l.dispatch_id
           AND h.channel = l.channel AND h.shared_with_seq = l.seq
           AND h.status = {DeliveryStatus.SHARED.value}
          JOIN registry_contactpoint p ON p.id = h.contact_point_id AND p.removed_at IS NULL
          JOIN registry_registrant r ON r.id = h.registrant_id AND r.restricted_at IS NULL
         WHERE CASE WHEN h.override_id IS NOT NULL THEN {HEIR_MAY_HAVE_IT}
                    WHEN h.basis <> '{Basis.CONSENT.value}' THEN true
                    ELSE EXISTS (SELECT FROM consent_live live
                                  WHERE live.subject_id = h.registrant_id
                                    AND live.purpose_code = h.purpose_code) END
         ORDER BY l.seq, h.seq
    ), left_behind AS (
        UPDATE notifications_delivery d
           SET registrant_id = l.registrant_id, member_number = l.member_number,
               contact_point_id = l.contact_point_id, language = l.language, basis = l.basis,
               purpose_code = l.purpose_code, proof_id = l.proof_id,
               override_id = l.override_id,
               status = {DeliveryStatus.SKIPPED.value}, reason = l.why,
               changed_at = clock_timestamp()
          FROM heir h JOIN leaver l ON l.seq = h.carrying
         WHERE d.dispatch_id = h.dispatch_id AND d.seq = h.seq
    )
    UPDATE notifications_delivery d
       SET registrant_id = h.registrant_id, member_number = h.member_number,
           contact_point_id = h.contact_point_id, language = h.language, basis = h.basis,
           purpose_code = h.purpose_code, proof_id = h.proof_id, override_id = h.override_id
      FROM heir h
     WHERE d.dispatch_id = h.dispatch_id AND d.seq = h.carrying
    RETURNING d.seq"""  # noqa: S608


class _Cursor(Protocol):
    def execute(self, query: Any, params: Any = ..., /) -> Any: ...

    def fetchall(self) -> list[tuple[Any, ...]]: ...


def hand_on(cursor: _Cursor, dispatch_id: int, leavers: Mapping[int, str]) -> int:
    """Let others who share an address carry the messages of people who left.

    leavers: reason by delivery number (seq). Messages that have an outcome already stay as
    they are, and so does one that nobody else may have. Returns how many found an heir.
    """
    parameters = {
        "dispatch": dispatch_id,
        "seqs": list(leavers),
        "reasons": list(leavers.values()),
    }
    cursor.execute(_CHANGE_PLACES, parameters)
    return len(cursor.fetchall())
