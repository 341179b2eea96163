"""Answering a text message by ourselves: at most hourly for one phone, and never to a machine."""

from __future__ import annotations

import datetime

from django.utils import timezone

from notifications.keywords import Keyword
from notifications.models import Delivery, InboundMessage, MessageKind
from notifications.single_messages import dispatch_to_one
from notifications.sparing import may_leave
from notifications.wording import service_texts
from registry.models import Channel, ContactPoint

_KINDS = {
    Keyword.SAFE: MessageKind.ACK_SAFE,
    Keyword.HELP: MessageKind.ACK_HELP,
    Keyword.STOP: MessageKind.ACK_STOP,
    Keyword.HERE: MessageKind.ACK_HERE,
    Keyword.HOME: MessageKind.ACK_HOME,
    Keyword.MOVED: MessageKind.ACK_OTHER,
    Keyword.UNKNOWN: MessageKind.ACK_OTHER,
}
_BETWEEN_ANSWERS = datetime.timedelta(hours=1)
# A person does not write so often in so short a time; a machine that answers us does.
_MOST_MESSAGES = 5
_WATCHED = datetime.timedelta(minutes=10)


def acknowledge(message: InboundMessage, delivery: Delivery, keyword: Keyword, text: str) -> bool:
    """Queue an answer to a message that was understood as `keyword`, unless it is not due.

    Returns whether one was queued. Call it under the sender's lock, before the message is saved.
    """
    now = timezone.now()
    from_here = InboundMessage.objects.filter(sender_token=message.sender_token)
    if (
        delivery.dispatch.is_exercise
        or from_here.filter(answered_at__gt=now - _BETWEEN_ANSWERS).exists()
        or from_here.filter(received_at__gt=now - _WATCHED).count() > _MOST_MESSAGES
        or _is_ours(text)
    ):
        return False
    point = ContactPoint.objects.filter(
        pk=delivery.contact_point_id, channel=Channel.SMS, removed_at__isnull=True
    ).first()
    if point is None or not may_leave(point):
        return False
    dispatch_to_one(kind=_KINDS[keyword], point=point, language=delivery.language)
    message.answered_at = now
    return True


def _is_ours(text: str) -> bool:
    """Whether these are our own words, sent back by another machine."""
    words = " ".join(text.split())
    return any(
        " ".join(each["sms"].split()) in words
        for kind in set(_KINDS.values())
        for each in service_texts(kind).values()
    )
