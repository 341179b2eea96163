"""Applying what providers told us: delivery receipts and text messages from people.

Both were stored before they were acknowledged (notifications.api); applying
them is safe to repeat and takes them in any order.
"""

from __future__ import annotations

import logging
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from audit.recording import Actor
from consent.services import record_answers
from encryption.keyring import SealError, keyring
from notifications.keywords import Keyword, read_keyword
from notifications.models import (
    AnswerState,
    AnswerVia,
    Delivery,
    DeliveryStatus,
    InboundMessage,
)
from notifications.services.answering import people_sharing, record_answer
from registry.models import Channel, Registrant

logger = logging.getLogger(__name__)

SEAL_PURPOSE = "inbound-message"

# A receipt raises a delivery's status, never lowers it: providers repeat and reorder them.
_APPLY = """
    WITH taken AS (
        SELECT id, provider_reference, status FROM notifications_receipt
         WHERE applied_at IS NULL ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ), best AS (
        SELECT DISTINCT ON (provider_reference) provider_reference,
               CASE status WHEN 'delivered' THEN %(delivered)s ELSE %(failed)s END AS rank, status
          FROM taken WHERE status IN ('delivered', 'undeliverable', 'expired', 'rejected')
         ORDER BY provider_reference, (status = 'delivered') DESC
    ), applied AS (
        UPDATE notifications_delivery d
           SET status = b.rank,
               reason = CASE b.status WHEN 'delivered' THEN '' ELSE b.status END,
               changed_at = clock_timestamp()
          FROM best b
         WHERE d.provider_reference = b.provider_reference AND d.provider_reference <> ''
           AND d.status < b.rank
        RETURNING d.seq, d.provider_reference
    )
    UPDATE notifications_receipt r SET applied_at = clock_timestamp()
      FROM taken t
     WHERE r.id = t.id
       -- A receipt that overtook our own note of the hand-over waits for it, for a while.
       AND (EXISTS (SELECT FROM notifications_delivery d
                     WHERE d.provider_reference = t.provider_reference)
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
            },
        )
        settled: int = cursor.rowcount
        return settled


def apply_inbound(limit: int = 200) -> int:
    """Understand stored text messages; return how many were settled."""
    ids = list(
        InboundMessage.objects.filter(applied_at__isnull=True)
        .order_by("pk")
        .values_list("pk", flat=True)[:limit]
    )
    return sum(_apply_one(message_id) for message_id in ids)


@transaction.atomic
def _apply_one(message_id: int) -> bool:
    message = (
        InboundMessage.objects.select_for_update(skip_locked=True)
        .filter(pk=message_id, applied_at__isnull=True)
        .first()
    )
    if message is None:
        return False
    message.applied_at = timezone.now()
    try:
        text = keyring().open_for_system(SEAL_PURPOSE, bytes(message.body)).decode()
    except SealError:
        logger.error("inbound message cannot be opened id=%s", message.pk)
        message.needs_reading = True
        message.save()
        return True
    keyword = read_keyword(text)
    message.keyword = keyword
    delivery = _latest_delivery(message.sender_token)
    if delivery is None:
        message.needs_reading = True
    else:
        message.registrant_id = delivery.registrant_id
        message.needs_reading = not _act(keyword, delivery, text)
    message.save()
    return True


def _latest_delivery(sender_token: int) -> Delivery | None:
    """Return the last message that went to this phone in a crisis, else the last of any kind."""
    sent = (
        Delivery.objects.filter(
            address_token=sender_token, channel=Channel.SMS, shared_with_seq__isnull=True
        )
        .select_related("dispatch")
        .order_by("-dispatch_id")
    )
    return (
        sent.filter(
            dispatch__crisis__closed_at__isnull=True, dispatch__crisis__isnull=False
        ).first()
        or sent.first()
    )


def _act(keyword: Keyword, delivery: Delivery, text: str) -> bool:
    """Do what a keyword asks; False when a person has to read the message."""
    people = list(
        Registrant.objects.filter(pk__in=people_sharing(delivery)).values_list("pk", flat=True)
    )
    if not people:
        return False
    actor = Actor.person(delivery.registrant_id)
    crisis_id = delivery.dispatch.crisis_id
    if keyword == Keyword.STOP:
        for person_id in people:
            _withdraw(person_id)
        return True
    if crisis_id is None or keyword == Keyword.UNKNOWN:
        return False
    record_answer(
        actor=actor,
        crisis_id=crisis_id,
        person_ids=people,
        state=AnswerState(keyword.value),
        via=AnswerVia.SMS,
        words=text[:500],
    )
    return True


def _withdraw(person_id: UUID) -> None:
    """STOP ends every kind of text message to this person, at once and provably."""
    person = Registrant.objects.get(pk=person_id)
    record_answers(
        actor=Actor.person(person.pk),
        subject_id=person.pk,
        language=person.language,
        answers={"crisis_alert_sms": False, "service_news": False},
        channel="sms",
        method="keyword",
    )
