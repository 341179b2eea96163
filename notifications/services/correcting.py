"""Taking back, giving the all-clear, and ending a crisis."""

from __future__ import annotations

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import StaffUser
from crises.models import Crisis
from crises.services import NotAllowed, close_crisis
from notifications.models import (
    Broadcast,
    BroadcastKind,
    BroadcastState,
    Dispatch,
    DispatchState,
)
from notifications.prepared_texts import prepared_texts
from notifications.previewing import TextEntry
from notifications.services.broadcasting import BroadcastEntry, write_broadcast

# A correction that comes later than this would only revive the fright.
_CORRECTION_LIFE = datetime.timedelta(hours=24)


def prepare_correction(*, actor: StaffUser, broadcast: Broadcast, kind: BroadcastKind) -> Broadcast:
    """Return a cancel or an all-clear with the prepared words in every language, as a draft.

    Pressing the button again returns the draft that is there. Raises NotAllowed for anybody
    but an author, and for a broadcast that never left.
    """
    if kind not in (BroadcastKind.CANCEL, BroadcastKind.ALL_CLEAR):
        raise NotAllowed
    if broadcast.state != BroadcastState.APPROVED:
        raise NotAllowed
    begun = Broadcast.objects.filter(
        crisis=broadcast.crisis,
        author=actor,
        refers_to=broadcast,
        kind=kind,
        state__in=[BroadcastState.DRAFT, BroadcastState.RETURNED],
    ).first()
    if begun is not None:
        return begun
    texts = prepared_texts(broadcast.crisis, kind)
    return write_broadcast(
        actor=actor,
        crisis=broadcast.crisis,
        entry=BroadcastEntry(
            kind=kind,
            severity=broadcast.severity,
            urgency=broadcast.urgency,
            certainty=broadcast.certainty,
            expires_at=timezone.now() + _CORRECTION_LIFE,
            fallback_language=broadcast.fallback_language,
            texts={
                language: TextEntry(words["subject"], words["email"], words["sms"])
                for language, words in texts.items()
            },
            refers_to=broadcast,
        ),
    )


def end_crisis(*, actor: StaffUser, crisis: Crisis) -> None:
    """Close a crisis. Raises ValidationError while a message is waiting or on its way."""
    with transaction.atomic():
        if Broadcast.objects.filter(crisis=crisis, state=BroadcastState.SUBMITTED).exists():
            raise ValidationError(
                _("A message of this crisis is waiting for approval. Send it or send it back."),
                code="waiting",
            )
        at_work = (DispatchState.FREEZING, DispatchState.RUNNING, DispatchState.PAUSED)
        if Dispatch.objects.filter(crisis=crisis, state__in=at_work).exists():
            raise ValidationError(
                _("Messages of this crisis are still being sent. Wait for them, or stop them."),
                code="sending",
            )
        close_crisis(actor=actor, crisis=crisis)
