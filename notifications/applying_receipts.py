"""Applying what providers and mail servers said of our messages.

A receipt raises a delivery's status, never lowers it: providers repeat and reorder them.
Safe to repeat, in any order.
"""

from __future__ import annotations

from django.conf import settings
from django.db import connection, transaction

from notifications.models import DeliveryStatus

# An address that does not exist, or a mailbox that was closed: the next message fares no better.
DEAD_ADDRESS = r"(^|-)5\.(1\.(1|2|3|6|10)|2\.1)$"

_APPLY = """
    WITH taken AS (
        SELECT id, provider_reference, dispatch_id, seq, status, code
          FROM notifications_receipt
         WHERE applied_at IS NULL ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ), aimed AS (
        SELECT t.id, t.status, t.code, d.dispatch_id, d.seq, d.channel, d.address_token
          FROM taken t JOIN notifications_delivery d
            ON d.provider_reference = t.provider_reference AND d.provider_reference <> ''
         WHERE t.dispatch_id IS NULL
        UNION ALL
        SELECT t.id, t.status, t.code, d.dispatch_id, d.seq, d.channel, d.address_token
          FROM taken t JOIN notifications_delivery d
            ON d.dispatch_id = t.dispatch_id AND d.seq = t.seq
    ), best AS (
        SELECT DISTINCT ON (dispatch_id, seq) dispatch_id, seq, channel, address_token, status,
               CASE status WHEN 'delivered' THEN %(delivered)s ELSE %(failed)s END AS rank,
               CASE WHEN status = 'delivered' THEN '' WHEN code <> '' THEN code ELSE status END
                    AS reason
          FROM aimed WHERE status IN ('delivered', 'undeliverable', 'expired', 'rejected')
         ORDER BY dispatch_id, seq, (status = 'delivered') DESC, id
    ), applied AS (
        UPDATE notifications_delivery d
           SET status = b.rank, reason = b.reason, changed_at = clock_timestamp()
          FROM best b
         WHERE d.dispatch_id = b.dispatch_id AND d.seq = b.seq AND d.status < b.rank
    ), put_off AS (
        UPDATE notifications_delivery d SET reason = 'delayed', changed_at = clock_timestamp()
          FROM aimed a
         WHERE a.status = 'delayed' AND d.dispatch_id = a.dispatch_id AND d.seq = a.seq
           AND d.status = %(handed_over)s
           AND NOT EXISTS (SELECT FROM best b WHERE b.dispatch_id = d.dispatch_id AND b.seq = d.seq)
    ), suppressed AS (
        INSERT INTO notifications_suppression (channel, address_token, reason, since, until)
        SELECT DISTINCT ON (channel, address_token) channel, address_token, reason, now(),
               now() + make_interval(days => %(days)s)
          FROM best WHERE status = 'undeliverable' AND reason ~ %(dead)s
         ORDER BY channel, address_token
        ON CONFLICT (channel, address_token) DO UPDATE
           SET reason = excluded.reason, since = excluded.since, until = excluded.until
    ), lifted AS (
        DELETE FROM notifications_suppression s USING best b
         WHERE b.status = 'delivered' AND s.channel = b.channel
           AND s.address_token = b.address_token
    )
    UPDATE notifications_receipt r SET applied_at = clock_timestamp()
      FROM taken t
     WHERE r.id = t.id
       -- A receipt that overtook our own note of the hand-over waits for it, for a while.
       AND (EXISTS (SELECT FROM aimed a WHERE a.id = t.id)
            OR r.received_at < now() - interval '10 minutes')"""


def apply_receipts(limit: int = 5000) -> int:
    """Apply stored receipts to their deliveries; return how many were settled."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _APPLY,
            {
                "limit": limit,
                "delivered": DeliveryStatus.DELIVERED,
                "failed": DeliveryStatus.FAILED,
                "handed_over": DeliveryStatus.HANDED_OVER,
                "days": settings.SUPPRESSION_DAYS,
                "dead": DEAD_ADDRESS,
            },
        )
        settled: int = cursor.rowcount
        return settled
