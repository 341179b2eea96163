"""An officer writes to one person."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import StaffUser
from audit.recording import record
from encryption.identifiers import new_id
from notifications.models import Dispatch, MessageKind, PersonalText
from notifications.rendering import render_sms
from notifications.segmenting import Segmentation, segment
from notifications.single_messages import dispatch_to_one
from notifications.wording import service_texts
from registry.access import post_between
from registry.models import Channel, ContactPoint, Registrant
from registry.services.contacting import note_message

# In characters; nine parts of an SMS in the long alphabet.
LONGEST_TEXT = 600


class Unreachable(Exception):
    """This contact is not the person's, was removed, or its messages come back."""


def usable_contacts(person: Registrant) -> list[ContactPoint]:
    """Return the contacts a message can be sent to: those in use that do not bounce."""
    points = ContactPoint.objects.in_use().filter(registrant=person, bounced_at__isnull=True)
    return list(points.order_by("created_at", "pk"))


def parts_of(text: str) -> Segmentation:
    """Return how a text is cut when it leaves as an SMS."""
    return segment(as_sent(text))


def as_sent(text: str) -> str:
    """Return the words exactly as they arrive."""
    return render_sms(service_texts(MessageKind.PERSONAL)["en"]["sms"], {"words": text})


def write_to_person(
    *,
    actor: StaffUser,
    person: Registrant,
    point: ContactPoint,
    text: str,
    message_id: UUID,
) -> Dispatch:
    """Send one message to one contact of one person, and put it into the contact log.

    The same form sent twice (`message_id`) is one message. Raises Unreachable.
    """
    if point.registrant_id != person.pk or point.removed_at or point.bounced_at:
        raise Unreachable
    text = as_sent(text)
    try:
        with transaction.atomic():
            return _write(actor, person, point, text, message_id)
    except IntegrityError:
        # The same form came before, or both clicks of a double click came at once.
        sent = PersonalText.objects.select_related("dispatch").get(pk=message_id)
        if sent.registrant_id == person.pk:
            return sent.dispatch
    # The name of somebody else's message tells nothing, and keeps nobody from writing.
    with transaction.atomic():
        return _write(actor, person, point, text, new_id())


def _write(
    actor: StaffUser, person: Registrant, point: ContactPoint, text: str, message_id: UUID
) -> Dispatch:
    dispatch = dispatch_to_one(
        kind=MessageKind.PERSONAL,
        point=point,
        language=person.language,
        words=text,
        words_id=message_id,
    )
    note_message(actor=actor, person=person, entry_id=message_id, text=text)
    is_sms = point.channel == Channel.SMS
    record(
        actor.actor,
        "notifications.message-written",
        subject_id=person.pk,
        object_kind="dispatch",
        object_id=dispatch.pk,
        post_id=post_between(actor, person),
        detail={
            "channel": Channel(point.channel).name.lower(),
            "parts": len(parts_of(text).parts) if is_sms else 0,
        },
    )
    return dispatch
