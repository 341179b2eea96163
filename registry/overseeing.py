"""Looking at the lookers: who of the staff searched for, listed, opened or contacted people."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import StaffUser
from audit.models import ActorKind, AuditEvent
from audit.recording import record
from geography.models import Post
from registry.models import LookReason

# The acts that are looks at people, or that follow from one.
ACTS: dict[str, Promise] = {
    "registry.people-searched": _("Searched"),
    "registry.people-listed": _("Read the list of the district"),
    "registry.duplicates-listed": _("Read the list of possible duplicates"),
    "registry.duplicate-dismissed": _("Said that two records are of two people"),
    "registry.record-opened": _("Opened a record"),
    "registry.record-refused": _("Refused: too many records"),
    "registry.call-logged": _("Noted a call"),
    "notifications.message-written": _("Wrote a message"),
}
PAGE_SIZE = 50
# How far back the list reaches when no day is chosen.
LOOKBACK = datetime.timedelta(days=30)


@dataclass(frozen=True)
class LookEntry:
    """One look. `record` is the end of the record's number; no value of anybody."""

    event_id: int
    at: datetime.datetime
    who: str
    act: str | Promise
    reason: str | Promise
    post: str
    rows: int | None
    record: str
    sought: str


def staff_who_look() -> list[tuple[UUID, str]]:
    """Return (id, name) of everybody on the staff, by name."""
    return list(StaffUser.objects.order_by("name").values_list("pk", "name"))


@transaction.atomic
def recent_looks(
    user: StaffUser,
    *,
    staff_id: UUID | None = None,
    day: datetime.date | None = None,
    before: int | None = None,
) -> tuple[list[LookEntry], int | None]:
    """Return one page of looks, newest first, and where the next begins (None at the end).

    staff_id: only this member of staff; day: only this day (UTC). Reading the list is
    written down as well.
    """
    events = AuditEvent.objects.filter(actor_kind=ActorKind.STAFF, act__in=list(ACTS))
    if staff_id is not None:
        events = events.filter(actor_id=staff_id)
    if day is not None:
        begin = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
        events = events.filter(at__gte=begin, at__lt=begin + datetime.timedelta(days=1))
    else:
        events = events.filter(at__gte=timezone.now() - LOOKBACK)
    if before is not None:
        events = events.filter(pk__lt=before)
    page = list(events.order_by("-pk")[: PAGE_SIZE + 1])
    shown = page[:PAGE_SIZE]
    record(
        user.actor,
        "registry.looks-read",
        detail={"rows": len(shown), "staff": str(staff_id or ""), "day": str(day or "")},
    )
    return _entries(shown), shown[-1].pk if len(page) > PAGE_SIZE else None


def _entries(events: Sequence[AuditEvent]) -> list[LookEntry]:
    names = StaffUser.objects.in_bulk({event.actor_id for event in events if event.actor_id})
    posts = Post.objects.in_bulk({event.post_id for event in events if event.post_id})
    reasons = dict(LookReason.choices)
    entries = []
    for event in events:
        who = names.get(event.actor_id) if event.actor_id else None
        post = posts.get(event.post_id) if event.post_id else None
        person = str(event.subject_id or event.object_id or "")
        entries.append(
            LookEntry(
                event_id=event.pk,
                at=event.at,
                who=who.name if who else "",
                act=ACTS[event.act],
                reason=reasons.get(event.reason, event.reason),
                post=post.name_in() if post else "",
                rows=event.detail.get("rows"),
                record=person[-8:],
                sought=str(event.detail.get("sought", ""))[:8],
            )
        )
    return entries
