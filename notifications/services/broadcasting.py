"""A broadcast from its first word to its release: written by one person, released by another."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import has_role
from accounts.models import Role, StaffUser
from audit.recording import record
from crises.models import Crisis
from crises.services import NotAllowed
from notifications.counting import AudiencePreview
from notifications.models import (
    Broadcast,
    BroadcastKind,
    BroadcastState,
    BroadcastText,
    Dispatch,
    DispatchState,
    Lane,
    MessageKind,
    MessageVersion,
)
from notifications.previewing import (
    TextEntry,
    audience_rule,
    frozen_texts,
    preview_audience,
    preview_texts,
    typed_texts,
)
from notifications.services.steering import cancel_dispatch, pause_dispatch, resume_dispatch
from notifications.waking import ring
from notifications.wording import digest_of

CAP_TYPES = {
    BroadcastKind.ALERT: "Alert",
    BroadcastKind.UPDATE: "Update",
    BroadcastKind.ALL_CLEAR: "Update",
    BroadcastKind.CANCEL: "Cancel",
}


@dataclass(frozen=True)
class BroadcastEntry:
    """Everything an author decides.

    expires_at: when nobody is sent the message any more. expected_count: how many people the
    author thinks it will reach; may wait until the broadcast is submitted.
    """

    kind: BroadcastKind
    severity: str
    urgency: str
    certainty: str
    expires_at: datetime.datetime
    fallback_language: str
    texts: Mapping[str, TextEntry]
    refers_to: Broadcast | None = None
    expected_count: int | None = None


def write_broadcast(
    *, actor: StaffUser, crisis: Crisis, entry: BroadcastEntry, broadcast: Broadcast | None = None
) -> Broadcast:
    """Make a draft, or change one that was not submitted.

    Raises NotAllowed; ValidationError for a new alert in a crisis that is over.
    """
    if not has_role(actor, Role.AUTHOR):
        raise NotAllowed
    _check_open(crisis, entry.kind)
    with transaction.atomic():
        if broadcast is None:
            broadcast = Broadcast(crisis=crisis, is_exercise=crisis.is_exercise, author=actor)
        else:
            broadcast = _held_draft(actor, broadcast)
        broadcast.kind = entry.kind
        broadcast.severity = entry.severity
        broadcast.urgency = entry.urgency
        broadcast.certainty = entry.certainty
        broadcast.expires_at = entry.expires_at
        broadcast.fallback_language = entry.fallback_language
        broadcast.refers_to = entry.refers_to
        broadcast.expected_count = entry.expected_count
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
            actor.actor,
            "notifications.broadcast-written",
            object_kind="broadcast",
            object_id=broadcast.pk,
            detail={"languages": sorted(entry.texts)},
        )
    return broadcast


def _held_draft(actor: StaffUser, broadcast: Broadcast) -> Broadcast:
    """Return the author's own draft, locked. Raises NotAllowed."""
    held = Broadcast.objects.select_for_update().get(pk=broadcast.pk)
    is_open = held.state in (BroadcastState.DRAFT, BroadcastState.RETURNED)
    if held.author_id != actor.pk or not is_open:
        raise NotAllowed
    return held


def submit_broadcast(*, actor: StaffUser, broadcast: Broadcast) -> AudiencePreview:
    """Hand a draft to an approver, with the number of people it would reach now.

    Raises NotAllowed for anybody but its author; ValidationError when it cannot go out.
    """
    if broadcast.author_id != actor.pk or not has_role(actor, Role.AUTHOR):
        raise NotAllowed
    _check_words(broadcast)
    rule = audience_rule(broadcast)
    if rule.is_for_nobody:
        raise ValidationError(_("Choose at least one place for this crisis."), code="no-place")
    counted = preview_audience(broadcast)
    _check_size(broadcast, counted)
    with transaction.atomic():
        changed = Broadcast.objects.filter(
            pk=broadcast.pk, state__in=[BroadcastState.DRAFT, BroadcastState.RETURNED]
        ).update(
            state=BroadcastState.SUBMITTED,
            submitted_at=timezone.now(),
            submitted_count=counted.reachable,
            submitted_rule=rule.as_data(),
        )
        if not changed:
            raise NotAllowed
        record(
            actor.actor,
            "notifications.broadcast-submitted",
            object_kind="broadcast",
            object_id=broadcast.pk,
            detail={"people": counted.reachable},
        )
    broadcast.refresh_from_db()
    return counted


def _check_open(crisis: Crisis, kind: str) -> None:
    # A mistake may come to light late: taking back and giving the all-clear stay possible.
    is_new = kind in (BroadcastKind.ALERT, BroadcastKind.UPDATE)
    if is_new and crisis.closed_at is not None:
        raise ValidationError(_("This crisis is closed. Open a new one."), code="closed")


def _check_words(broadcast: Broadcast) -> None:
    _check_open(broadcast.crisis, broadcast.kind)
    if broadcast.expires_at <= timezone.now():
        raise ValidationError(_("The time until which this is valid has passed."), code="expired")
    texts = typed_texts(broadcast)
    if broadcast.fallback_language not in texts:
        raise ValidationError(
            _("Write the text in the language everybody else will get."), code="fallback"
        )
    for one in preview_texts(broadcast.crisis, broadcast.kind, texts):
        if one.is_too_long:
            raise ValidationError(
                _("The SMS in %(language)s is too long: %(parts)d parts. It may have %(most)d."),
                code="too-long",
                params={
                    "language": one.language_name,
                    "parts": one.parts,
                    "most": one.most_parts,
                },
            )


# An audience this many times as large as expected is taken for a mistake.
_SURPRISE = 2


def _check_size(broadcast: Broadcast, counted: AudiencePreview) -> None:
    if not counted.reachable:
        raise ValidationError(_("Nobody would get this message."), code="nobody")
    if broadcast.kind in (BroadcastKind.CANCEL, BroadcastKind.ALL_CLEAR):
        # Those who were reached are who they are; a correction must never wait for a guess.
        return
    expected = broadcast.expected_count
    if expected is None:
        raise ValidationError(
            _("Write down how many people you expect to reach."), code="no-expectation"
        )
    if counted.reachable > _SURPRISE * expected:
        raise ValidationError(
            _(
                "This would reach %(counted)d people, more than twice the %(expected)d you "
                "expected. Check the places. If they are right, change the number you expect."
            ),
            code="too-many",
            params={"counted": counted.reachable, "expected": expected},
        )


def return_broadcast(*, actor: StaffUser, broadcast: Broadcast, note: str) -> None:
    """Send a submitted broadcast back to its author with a note."""
    if not has_role(actor, Role.APPROVER) or broadcast.author_id == actor.pk:
        raise NotAllowed
    with transaction.atomic():
        changed = Broadcast.objects.filter(pk=broadcast.pk, state=BroadcastState.SUBMITTED).update(
            state=BroadcastState.RETURNED, returned_note=note
        )
        if not changed:
            raise NotAllowed
        record(
            actor.actor,
            "notifications.broadcast-returned",
            object_kind="broadcast",
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
                _("This is not the number of people shown above. Type exactly that number."),
                code="wrong-count",
            )
        _check_words(held)
        rule = audience_rule(held)
        if held.submitted_rule is not None and rule.as_data() != held.submitted_rule:
            raise ValidationError(
                _(
                    "Since this was sent to you, it has come to be for other people. "
                    "Send it back to its author."
                ),
                code="places-changed",
            )
        _check_size(held, preview_audience(held))
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
            audience_rule=rule.as_data(),
            max_copies=settings.MAX_COPIES,
            released_at=timezone.now(),
        )
        record(
            actor.actor,
            "notifications.broadcast-approved",
            object_kind="broadcast",
            object_id=held.pk,
            detail={
                "people": typed_count,
                "dispatch": dispatch.pk,
                "is_exercise": held.is_exercise,
            },
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


def languages_missing(entry_languages: Sequence[str]) -> list[str]:
    """Return the languages of the site a broadcast has no text in."""
    return [code for code, _name in settings.LANGUAGES if code not in entry_languages]


__all__ = [
    "BroadcastEntry",
    "NotAllowed",
    "TextEntry",
    "approve_broadcast",
    "cancel_dispatch",
    "languages_missing",
    "pause_dispatch",
    "preview_audience",
    "resume_dispatch",
    "return_broadcast",
    "submit_broadcast",
    "write_broadcast",
]
