"""What messages and answers hold of one person."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.models import (
    Answer,
    BroadcastKind,
    Delivery,
    DeliveryStatus,
    MessageKind,
    PersonalText,
    StayQuestion,
)
from notifications.override_uses import uses_as_data
from registry.holdings import held_by_the_register
from registry.models import Channel, Registrant

MOST_SHOWN = 200


@dataclass(frozen=True)
class SentMessage:
    """One message to a person, without its words."""

    at: datetime.datetime
    kind: str
    subject: str
    channel: Channel
    status: DeliveryStatus
    language: str
    is_exercise: bool
    dispatch_id: int

    @property
    def title(self) -> str:
        """What sort of message it was, in words."""
        labels = {kind.value: kind.label for kind in BroadcastKind}
        return str(labels.get(self.kind) or _KINDS.get(self.kind, self.kind))

    @property
    def became(self) -> str:
        """What became of it, in words. "Delivered" stands for a receipt and nothing else."""
        return str(_BECAME[self.status])


_KINDS: dict[str, str | Promise] = {
    MessageKind.CONFIRM: _("A code to confirm a contact"),
    MessageKind.STILL_HERE: _("Whether you are still there"),
    MessageKind.SIGN_IN: _("A code to open your registration"),
    MessageKind.PERSONAL: _("A message from your consulate"),
    MessageKind.OVERRIDDEN: _("Why we had written to you without asking you first"),
}
_BECAME: dict[int, str | Promise] = {
    DeliveryStatus.QUEUED: _("waiting to be sent"),
    DeliveryStatus.DEFERRED: _("waiting to be sent again"),
    DeliveryStatus.HANDED_OVER: _("handed over"),
    DeliveryStatus.UNKNOWN: _("perhaps handed over"),
    DeliveryStatus.FAILED: _("could not be delivered"),
    DeliveryStatus.DELIVERED: _("delivered"),
    DeliveryStatus.SKIPPED: _("not sent"),
    DeliveryStatus.CANCELLED: _("stopped before it was sent"),
    DeliveryStatus.SHARED: _("sent once for everybody who shares this contact"),
}


def messages_to(person_id: UUID, most: int | None = MOST_SHOWN) -> list[SentMessage]:
    """Return the messages to a person, newest first; `most` None for all."""
    deliveries = (
        Delivery.objects.filter(registrant_id=person_id)
        .select_related("dispatch__message", "dispatch__broadcast")
        .order_by("-dispatch_id", "seq")[:most]
    )
    return [_sent(delivery) for delivery in deliveries]


def everything_held(person: Registrant) -> dict[str, Any]:
    """Return all that is held of a person, in every part of the product; JSON-ready."""
    words = {
        text.dispatch_id: text.body for text in PersonalText.objects.filter(registrant_id=person.pk)
    }
    return {
        **held_by_the_register(person),
        "messages": [
            {
                "at": sent.at.isoformat(timespec="seconds"),
                "kind": sent.kind,
                "subject": sent.subject,
                "channel": sent.channel.name.lower(),
                "status": sent.status.name.lower(),
                "language": sent.language,
                "is_exercise": sent.is_exercise,
                "words": words.get(sent.dispatch_id, ""),
            }
            for sent in messages_to(person.pk, most=None)
        ],
        "written_to_without_consent": uses_as_data(person.pk),
        "answers": [
            {
                "at": answer.at.isoformat(timespec="seconds"),
                "crisis": answer.crisis.title,
                "state": answer.state,
                "via": answer.via,
                "words": answer.words,
                "place": answer.place,
            }
            for answer in Answer.objects.filter(registrant_id=person.pk)
            .select_related("crisis")
            .order_by("-at")
        ],
        "still_there": [
            {
                "asked_at": question.asked_at.isoformat(timespec="seconds"),
                "country": question.stay.country_id,
                "answer": question.answer,
            }
            for question in StayQuestion.objects.filter(stay__registrant=person)
            .select_related("stay")
            .order_by("-asked_at")
        ],
    }


def _sent(delivery: Delivery) -> SentMessage:
    dispatch = delivery.dispatch
    texts = dispatch.message.texts.get(delivery.language, {})
    broadcast = dispatch.broadcast
    return SentMessage(
        at=delivery.changed_at or dispatch.released_at or dispatch.created_at,
        kind=broadcast.kind if broadcast else dispatch.message.kind,
        subject=texts.get("subject", "") if broadcast else "",
        channel=Channel(delivery.channel),
        status=DeliveryStatus(delivery.status),
        language=delivery.language,
        is_exercise=dispatch.is_exercise,
        dispatch_id=dispatch.pk,
    )
