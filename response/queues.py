"""The lists of cases a post works through."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import StaffUser
from registry.models import Registrant
from registry.rows import masked_rows
from response.access import cases_visible_to
from response.models import Case, CaseQuerySet, NextStep, Origin, Urgency
from response.triaging import GIVE_AFTER

# As many as one page shows; the most urgent come first, so the rest can wait for them.
MOST_SHOWN = 100
QUEUES: dict[str, str | Promise] = {
    "unowned": _("Without an owner"),
    "mine": _("Mine"),
    "urgent": _("Urgent"),
    "all": _("All open"),
}
_COLOURS = {Urgency.URGENT: "red", Urgency.SOON: "amber", Urgency.CAN_WAIT: "grey"}


@dataclass(frozen=True)
class CaseRow:
    """One case in a list; the person is masked as in every list."""

    id: UUID
    person: str
    place: str
    urgency: str | Promise
    colour: str
    origin: str | Promise
    asked_at: datetime.datetime
    owner: str
    next_step: str | Promise
    next_at: datetime.datetime | None
    is_late: bool
    has_said_safe: bool


@dataclass(frozen=True)
class QueueCount:
    """One queue and how many cases are in it."""

    name: str
    label: str | Promise
    count: int


def queue_of(user: StaffUser, name: str) -> CaseQuerySet:
    """Return the cases of one queue, the most urgent first. Raises KeyError."""
    cases = cases_visible_to(user).open()
    return {
        "unowned": cases.filter(owner__isnull=True),
        "mine": cases.filter(owner=user),
        "urgent": cases.filter(urgency=Urgency.URGENT),
        "all": cases,
    }[name].by_need()


def queue_counts(user: StaffUser) -> list[QueueCount]:
    """Return every queue with its size, in one query."""
    sizes = (
        cases_visible_to(user)
        .open()
        .aggregate(
            unowned=Count("pk", filter=Q(owner__isnull=True)),
            mine=Count("pk", filter=Q(owner=user)),
            urgent=Count("pk", filter=Q(urgency=Urgency.URGENT)),
            all=Count("pk"),
        )
    )
    return [QueueCount(name, label, sizes[name]) for name, label in QUEUES.items()]


def rows_of(user: StaffUser, cases: Sequence[Case]) -> list[CaseRow]:
    """Return the rows of these cases, with four queries for them all."""
    people = Registrant.objects.filter(pk__in=[case.registrant_id for case in cases])
    masked = {row.person_id: row for row in masked_rows(user, list(people))}
    now = timezone.now()
    rows = []
    for case in cases:
        row = masked.get(case.registrant_id)
        rows.append(
            CaseRow(
                id=case.pk,
                person=row.name if row else "",
                place=row.place if row else "",
                urgency=Urgency(case.urgency).label,
                colour=_COLOURS[Urgency(case.urgency)],
                origin=Origin(case.origin).label,
                asked_at=case.asked_at,
                owner=case.owner.name if case.owner else "",
                next_step=NextStep(case.next_step).label if case.next_step else "",
                next_at=case.next_at,
                is_late=_is_late(case, now),
                has_said_safe=case.said_safe_at is not None,
            )
        )
    return rows


def _is_late(case: Case, now: datetime.datetime) -> bool:
    if case.owner_id is None:
        since = case.unowned_since or case.asked_at
        return case.urgency == Urgency.URGENT and since < now - GIVE_AFTER
    return case.next_at is not None and case.next_at < now
