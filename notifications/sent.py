"""What was sent to one person, and what became of it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.models import Delivery, DeliveryStatus, MessageKind
from registry.models import Channel

MOST_MESSAGES = 50

_KINDS: Mapping[str, Promise] = {
    MessageKind.BROADCAST: _("Crisis message"),
    MessageKind.CONFIRM: _("Code to confirm a contact"),
    MessageKind.SIGN_IN: _("Code to open the registration"),
    MessageKind.PERSONAL: _("Message from a post"),
    MessageKind.STILL_HERE: _("Whether you are still there"),
    MessageKind.ACK_SAFE: _("Automatic answer"),
    MessageKind.ACK_HELP: _("Automatic answer"),
    MessageKind.ACK_STOP: _("Automatic answer"),
    MessageKind.ACK_HERE: _("Automatic answer"),
    MessageKind.ACK_HOME: _("Automatic answer"),
    MessageKind.ACK_OTHER: _("Automatic answer"),
}
# "Delivered" is said only when the other side's receipt says so.
_STATES: Mapping[int, tuple[Promise, str]] = {
    DeliveryStatus.QUEUED: (_("Waiting"), "grey"),
    DeliveryStatus.DEFERRED: (_("Will be tried again"), "amber"),
    DeliveryStatus.HANDED_OVER: (_("Handed over"), "blue"),
    DeliveryStatus.UNKNOWN: (_("May have arrived"), "amber"),
    DeliveryStatus.FAILED: (_("Failed"), "red"),
    DeliveryStatus.DELIVERED: (_("Delivered"), "green"),
    DeliveryStatus.SKIPPED: (_("Not sent"), "amber"),
    DeliveryStatus.CANCELLED: (_("Stopped"), "grey"),
    DeliveryStatus.SHARED: (_("Sent with somebody else's"), "blue"),
}


@dataclass(frozen=True)
class SentMessage:
    """One delivery to one person. What a post wrote stands in the contact log."""

    at: datetime.datetime
    kind: str | Promise
    channel: str | Promise
    state: str | Promise
    colour: str


def messages_to(person_id: UUID) -> list[SentMessage]:
    """Return the latest deliveries to a person, newest first, at most 50."""
    deliveries = (
        Delivery.objects.filter(registrant_id=person_id)
        .select_related("dispatch__message")
        .order_by("-dispatch_id", "seq")[:MOST_MESSAGES]
    )
    return [_message(delivery) for delivery in deliveries]


def _message(delivery: Delivery) -> SentMessage:
    state, colour = _STATES[delivery.status]
    return SentMessage(
        at=delivery.changed_at or delivery.dispatch.created_at,
        kind=_KINDS[delivery.dispatch.message.kind],
        channel=Channel(delivery.channel).label,
        state=state,
        colour=colour,
    )
