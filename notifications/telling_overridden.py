"""Telling everybody an override reached that it did, why, and how to object.

Begins a little after the override's end, when nothing can leave under it any more. Each person
is settled once, in a transaction of their own, so that a job may be killed at any time.
"""

from __future__ import annotations

import datetime
import logging
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from crises.models import VitalInterestOverride
from notifications.models import (
    Delivery,
    DeliveryStatus,
    Dispatch,
    Lane,
    MessageKind,
    NoticeOutcome,
    OverrideRecipient,
)
from notifications.overridden import is_writing_unsafe
from notifications.single_messages import dispatch_to_one
from notifications.sparing import is_suppressed, may_leave
from registry.models import ContactPoint, Registrant

logger = logging.getLogger(__name__)

# A window that was loaded before the end has long been sent by then.
SETTLES_AFTER = datetime.timedelta(minutes=5)
# It may have arrived.
_LEFT = (DeliveryStatus.HANDED_OVER, DeliveryStatus.UNKNOWN, DeliveryStatus.DELIVERED)


def tell_overridden(most: int = 300) -> int:
    """Settle up to so many people; return how many were written to. Safe to run twice."""
    ended = timezone.now() - SETTLES_AFTER
    due = (
        OverrideRecipient.objects.filter(settled_at__isnull=True, override__ends_at__lte=ended)
        .order_by("override__ends_at", "pk")
        .values_list("pk", flat=True)
    )
    told = sum(_settle(recipient_id) for recipient_id in list(due[:most]))
    waiting = OverrideRecipient.objects.filter(override=OuterRef("pk"), settled_at__isnull=True)
    VitalInterestOverride.objects.filter(ends_at__lte=ended, told_at__isnull=True).exclude(
        Exists(waiting)
    ).update(told_at=timezone.now())
    if told:
        logger.info("told of overrides people=%s", told)
    return told


@transaction.atomic
def _settle(recipient_id: int) -> bool:
    """Tell one person, or note why not; True where a message was queued."""
    recipient = (
        OverrideRecipient.objects.select_for_update(skip_locked=True)
        .filter(pk=recipient_id, settled_at__isnull=True)
        .first()
    )
    if recipient is None:
        return False
    settled = _tell(recipient.registrant_id, _ways_used(recipient))
    if settled is None:
        # No more text messages to their country today: later.
        return False
    recipient.outcome, recipient.told_as = settled
    recipient.settled_at = timezone.now()
    recipient.save(update_fields=["outcome", "told_as", "settled_at"])
    return recipient.outcome == NoticeOutcome.TOLD


def _ways_used(recipient: OverrideRecipient) -> list[UUID]:
    """Return the contacts by which an alert left for somebody under the override, latest first."""
    carrier = Delivery.objects.filter(
        dispatch_id=OuterRef("dispatch_id"), seq=OuterRef("shared_with_seq"), status__in=_LEFT
    )
    mine = Delivery.objects.filter(
        registrant_id=recipient.registrant_id, override_id=recipient.override_id
    )
    left = mine.filter(Q(status__in=_LEFT) | Exists(carrier))
    return list(left.order_by("-dispatch_id", "seq").values_list("contact_point_id", flat=True))


def _tell(person_id: UUID, used: list[UUID]) -> tuple[NoticeOutcome, Dispatch | None] | None:
    """Return what became of telling somebody; None to try again later."""
    if not used:
        return NoticeOutcome.NOT_REACHED, None
    person = Registrant.objects.unrestricted().filter(pk=person_id).first()
    points = ContactPoint.objects.in_use().filter(registrant_id=person_id).in_bulk(used)
    known = [points[way] for way in dict.fromkeys(used) if way in points]
    ways = [point for point in known if not is_suppressed(point)]
    if person is None or not ways:
        return NoticeOutcome.NO_WAY, None
    with connection.cursor() as cursor:
        if is_writing_unsafe(cursor, person_id):
            return NoticeOutcome.UNSAFE, None
    way = next((way for way in ways if may_leave(way)), None)
    if way is None:
        return None
    dispatch = dispatch_to_one(
        kind=MessageKind.OVERRIDDEN, point=way, language=person.language, lane=Lane.ROUTINE
    )
    return NoticeOutcome.TOLD, dispatch
