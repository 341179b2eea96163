"""A broadcast from its first word to its release: written by one person, released by another."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import has_role
from accounts.models import Role, StaffUser
from audit.recording import record
from crises.models import Crisis
from notifications.audiences import AudiencePreview, AudienceRule, preview, rule_for
from notifications.models import (
    Broadcast,
    BroadcastKind,
    BroadcastState,
    BroadcastText,
    Chunk,
    ChunkState,
    Delivery,
    DeliveryStatus,
    Dispatch,
    DispatchState,
    Lane,
    MessageKind,
    MessageVersion,
)
from notifications.waking import ring, wake_lane
from notifications.wording import Texts, broadcast_text, digest_of

CAP_TYPES = {
    BroadcastKind.ALERT: "Alert",
    BroadcastKind.UPDATE: "Update",
    BroadcastKind.ALL_CLEAR: "Update",
    BroadcastKind.CANCEL: "Cancel",
}


@dataclass(frozen=True)
class TextEntry:
    """The words of one language, as typed."""

    subject: str
    email_body: str
    sms_body: str


@dataclass(frozen=True)
class BroadcastEntry:
    """Everything an author decides. `expires_at` is when nobody is sent the message any more."""

    kind: BroadcastKind
    severity: str
    urgency: str
    certainty: str
    expires_at: datetime.datetime
    fallback_language: str
    texts: Mapping[str, TextEntry]
    refers_to: Broadcast | None = None


class NotAllowed(Exception):
    """This person may not do that to this broadcast."""


def write_broadcast(
    *, actor: StaffUser, crisis: Crisis, entry: BroadcastEntry, broadcast: Broadcast | None = None
) -> Broadcast:
    """Make a draft, or change one that was not submitted. Raises NotAllowed."""
    if not has_role(actor, Role.AUTHOR):
        raise NotAllowed
    with transaction.atomic():
        if broadcast is None:
            broadcast = Broadcast(crisis=crisis, is_exercise=crisis.is_exercise, author=actor)
        elif broadcast.author_id != actor.pk or broadcast.state not in (
            BroadcastState.DRAFT,
            BroadcastState.RETURNED,
        ):
            raise NotAllowed
        broadcast.kind = entry.kind
        broadcast.severity = entry.severity
        broadcast.urgency = entry.urgency
        broadcast.certainty = entry.certainty
        broadcast.expires_at = entry.expires_at
        broadcast.fallback_language = entry.fallback_language
        broadcast.refers_to = entry.refers_to
        broadcast.state = BroadcastState.DRAFT
        broadcast.save()
        broadcast.texts.all().delete()
        BroadcastText.objects.bulk_create(
            BroadcastText(
                broadcast=broadcast,
                language=language,
                subject=text.subject,
                email_body=text.email_body,
                sms_body=text.sms_body,
            )
            for language, text in entry.texts.items()
        )
        record(
            actor.actor, "notifications.broadcast-written", object_kind="broadcast",
            object_id=broadcast.pk, detail={"languages": sorted(entry.texts)},
        )
    return broadcast


def audience_rule(broadcast: Broadcast) -> AudienceRule:
    """Return who a broadcast is for: the crisis's areas, or exactly those an earlier one reached."""
    earlier = broadcast.refers_to
    corrects = broadcast.kind in (BroadcastKind.CANCEL, BroadcastKind.ALL_CLEAR)
    if corrects and earlier is not None and hasattr(earlier, "dispatch"):
        return AudienceRule(reached_by=earlier.dispatch.pk)
    return rule_for(broadcast.crisis)


def preview_audience(broadcast: Broadcast) -> AudiencePreview:
    """Count who would be reached now."""
    with transaction.atomic(), connection.cursor() as cursor:
        return preview(
            cursor.cursor,
            audience_rule(broadcast),
            list(broadcast.texts.values_list("language", flat=True)),
            broadcast.fallback_language,
        )


def frozen_texts(broadcast: Broadcast) -> Texts:
    """Return the texts of a broadcast as they will leave."""
    return {
        text.language: broadcast_text(
            language=text.language,
            subject=text.subject,
            email_body=text.email_body,
            sms_body=text.sms_body,
            kind=broadcast.kind,
            is_exercise=broadcast.is_exercise,
        )
        for text in broadcast.texts.all()
    }


def submit_broadcast(*, actor: StaffUser, broadcast: Broadcast) -> AudiencePreview:
    """Hand a draft to an approver, with the number of people it would reach now.

    Raises NotAllowed for anybody but its author; ValidationError when it cannot go out.
    """
    if broadcast.author_id != actor.pk or not has_role(actor, Role.AUTHOR):
        raise NotAllowed
    if broadcast.expires_at <= timezone.now():
        raise ValidationError(_("The time until which this is valid has passed."))
    languages = set(broadcast.texts.values_list("language", flat=True))
    if broadcast.fallback_language not in languages:
        raise ValidationError(_("Write the text in the language everybody else will get."))
    if not broadcast.crisis.areas.filter(is_excluded=False).exists():
        raise ValidationError(_("Choose at least one area for this crisis."))
    counted = preview_audience(broadcast)
    with transaction.atomic():
        changed = Broadcast.objects.filter(
            pk=broadcast.pk, state__in=[BroadcastState.DRAFT, BroadcastState.RETURNED]
        ).update(
            state=BroadcastState.SUBMITTED,
            submitted_at=timezone.now(),
            submitted_count=counted.reachable,
        )
        if not changed:
            raise NotAllowed
        record(
            actor.actor, "notifications.broadcast-submitted", object_kind="broadcast",
            object_id=broadcast.pk, detail={"people": counted.reachable},
        )
    broadcast.refresh_from_db()
    return counted


def return_broadcast(*, actor: StaffUser, broadcast: Broadcast, note: str) -> None:
    """Send a submitted broadcast back to its author with a note."""
    if not has_role(actor, Role.APPROVER) or broadcast.author_id == actor.pk:
        raise NotAllowed
    with transaction.atomic():
        changed = Broadcast.objects.filter(
            pk=broadcast.pk, state=BroadcastState.SUBMITTED
        ).update(state=BroadcastState.RETURNED, returned_note=note)
        if not changed:
            raise NotAllowed
        record(
            actor.actor, "notifications.broadcast-returned", object_kind="broadcast",
            object_id=broadcast.pk,
        )


def approve_broadcast(*, actor: StaffUser, broadcast: Broadcast, typed_count: int) -> Dispatch:
    """Release a submitted broadcast: freeze its words, open its dispatch, wake the workers.

    Raises NotAllowed for its author or somebody who is no approver, ValidationError
    when the number typed is not the number shown. The database refuses the same.
    """
    if not has_role(actor, Role.APPROVER) or broadcast.author_id == actor.pk:
        raise NotAllowed
    with transaction.atomic():
        held = Broadcast.objects.select_for_update().get(pk=broadcast.pk)
        if held.state != BroadcastState.SUBMITTED:
            raise NotAllowed
        if typed_count != held.submitted_count:
            raise ValidationError(
                _("This is not the number of people shown above. Type exactly that number.")
            )
        if held.expires_at <= timezone.now():
            raise ValidationError(_("The time until which this is valid has passed."))
        held.state = BroadcastState.APPROVED
        held.approved_by = actor
        held.approved_at = timezone.now()
        held.typed_count = typed_count
        held.save()
        dispatch = Dispatch.objects.create(
            message=_freeze_message(held),
            broadcast=held,
            crisis=held.crisis,
            is_exercise=held.is_exercise,
            lane=Lane.CRISIS,
            state=DispatchState.FREEZING,
            audience_rule=audience_rule(held).as_data(),
            max_copies=settings.MAX_COPIES,
            released_at=timezone.now(),
        )
        record(
            actor.actor, "notifications.broadcast-approved", object_kind="broadcast",
            object_id=held.pk,
            detail={"people": typed_count, "dispatch": dispatch.pk,
                    "is_exercise": held.is_exercise},
        )
        dispatch_id = dispatch.pk
        transaction.on_commit(lambda: ring("freeze", dispatch_id, queue="crisis"))
    return dispatch


def _freeze_message(broadcast: Broadcast) -> MessageVersion:
    texts = frozen_texts(broadcast)
    earlier = broadcast.refers_to
    references = ""
    if earlier is not None and hasattr(earlier, "dispatch"):
        references = earlier.dispatch.message.cap_identifier
    return MessageVersion.objects.create(
        kind=MessageKind.BROADCAST,
        is_exercise=broadcast.is_exercise,
        texts=texts,
        fallback_language=broadcast.fallback_language,
        sha256=digest_of(texts),
        expires_at=broadcast.expires_at,
        cap_identifier=f"urn:uuid:{broadcast.public_id}",
        cap_message_type=CAP_TYPES[BroadcastKind(broadcast.kind)],
        cap_references=references,
    )


@transaction.atomic
def cancel_dispatch(*, actor: StaffUser, dispatch: Dispatch) -> int:
    """Stop what has not been handed over; return how many messages were stopped.

    One person may stop: it takes two to send, and one to hold back.
    """
    if not has_role(actor, Role.AUTHOR, Role.APPROVER):
        raise NotAllowed
    held = Dispatch.objects.select_for_update().get(pk=dispatch.pk)
    if held.broadcast_id is None:
        raise NotAllowed
    if held.state in (DispatchState.FINISHED, DispatchState.CANCELLED):
        return 0
    held.state = DispatchState.CANCELLED
    held.finished_at = timezone.now()
    held.save(update_fields=["state", "finished_at"])
    Chunk.objects.filter(dispatch=held, state=ChunkState.OPEN, lease_until__isnull=True).update(
        state=ChunkState.CANCELLED
    )
    record(
        actor.actor, "notifications.dispatch-cancelled", object_kind="dispatch", object_id=held.pk
    )
    dispatch_id = held.pk
    # Workers still holding a chunk notice at their next flush; the sweeper closes the rest.
    transaction.on_commit(lambda: ring("sweep", queue="crisis"))
    return Delivery.objects.filter(
        dispatch_id=dispatch_id,
        status__in=[DeliveryStatus.QUEUED, DeliveryStatus.DEFERRED],
    ).count()


@transaction.atomic
def pause_dispatch(*, actor: StaffUser, dispatch: Dispatch) -> None:
    """Hold a running dispatch; workers stop within a few messages."""
    _switch(actor, dispatch, DispatchState.RUNNING, DispatchState.PAUSED, "paused")


@transaction.atomic
def resume_dispatch(*, actor: StaffUser, dispatch: Dispatch) -> None:
    """Go on with a paused dispatch from where it was; nobody is sent anything twice."""
    _switch(actor, dispatch, DispatchState.PAUSED, DispatchState.RUNNING, "resumed")
    lane = dispatch.lane
    transaction.on_commit(lambda: wake_lane(lane, workers=2))


def _switch(
    actor: StaffUser, dispatch: Dispatch, old: DispatchState, new: DispatchState, word: str
) -> None:
    if not has_role(actor, Role.AUTHOR, Role.APPROVER) or dispatch.broadcast_id is None:
        raise NotAllowed
    if not Dispatch.objects.filter(pk=dispatch.pk, state=old).update(state=new):
        raise NotAllowed
    record(
        actor.actor, f"notifications.dispatch-{word}", object_kind="dispatch",
        object_id=dispatch.pk,
    )


def languages_missing(entry_languages: Sequence[str]) -> list[str]:
    """Return the languages of the site a broadcast has no text in."""
    return [code for code, _name in settings.LANGUAGES if code not in entry_languages]
