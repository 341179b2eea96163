"""Who may see which broadcasts: everybody with a mandate at the ministry, nobody else.

Views are guarded by role; these are the doors to rows behind them. A made-up id ends in 404.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.http import Http404

from accounts.access import has_role
from accounts.models import Role, StaffUser
from audit.recording import record
from crises.models import Crisis, VitalInterestOverride
from crises.overriding import overdue_overrides
from crises.selectors import crisis_by_id
from notifications.board import HelpSought, help_sought
from notifications.models import Broadcast, BroadcastKind, BroadcastState, Dispatch

_MINISTRY = (Role.AUTHOR, Role.APPROVER)


def _check_ministry(user: StaffUser) -> None:
    if not has_role(user, *_MINISTRY):
        raise Http404


def crisis_for(user: StaffUser, public_id: UUID) -> Crisis:
    """Return a crisis. Raises Http404."""
    _check_ministry(user)
    crisis = crisis_by_id(public_id)
    if crisis is None:
        raise Http404
    return crisis


def broadcast_for(user: StaffUser, public_id: UUID) -> Broadcast:
    """Return a broadcast with its crisis, people and texts. Raises Http404."""
    _check_ministry(user)
    broadcast = (
        Broadcast.objects.filter(public_id=public_id)
        .select_related("crisis", "author", "approved_by", "refers_to", "dispatch")
        .prefetch_related("texts", "crisis__areas")
        .first()
    )
    if broadcast is None:
        raise Http404
    return broadcast


def dispatch_for(user: StaffUser, public_id: UUID) -> Dispatch:
    """Return the dispatch of an approved broadcast, by the broadcast's id. Raises Http404."""
    _check_ministry(user)
    dispatch = (
        Dispatch.objects.filter(broadcast__public_id=public_id)
        .select_related("broadcast", "crisis")
        .first()
    )
    if dispatch is None:
        raise Http404
    return dispatch


def broadcasts_of(crisis: Crisis) -> list[Broadcast]:
    """Return a crisis's broadcasts, newest first."""
    return list(
        Broadcast.objects.filter(crisis=crisis)
        .select_related("author", "approved_by", "dispatch")
        .prefetch_related("texts")
    )


def latest_sent(crisis: Crisis) -> Broadcast | None:
    """Return the last alert or update that was approved: what the next one refers to."""
    return (
        Broadcast.objects.filter(
            crisis=crisis,
            state=BroadcastState.APPROVED,
            kind__in=[BroadcastKind.ALERT, BroadcastKind.UPDATE],
        )
        .order_by("-approved_at")
        .first()
    )


@dataclass(frozen=True)
class Queue:
    """What waits for a second person: others' broadcasts, and the user's own."""

    for_me: list[Broadcast]
    my_own: list[Broadcast]

    @property
    def count(self) -> int:
        return len(self.for_me)


def queue_for(user: StaffUser) -> Queue:
    """Return the submitted broadcasts, the longest waiting first."""
    waiting = list(
        Broadcast.objects.filter(state=BroadcastState.SUBMITTED)
        .select_related("crisis", "author")
        .prefetch_related("texts", "crisis__areas")
        .order_by("submitted_at")
    )
    return Queue(
        [broadcast for broadcast in waiting if broadcast.author_id != user.pk],
        [broadcast for broadcast in waiting if broadcast.author_id == user.pk],
    )


@transaction.atomic
def people_needing_help(user: StaffUser, dispatch: Dispatch) -> list[HelpSought]:
    """Return who asked for help, as ids, and write down that this user saw the list."""
    _check_ministry(user)
    sought = help_sought(dispatch)
    record(
        user.actor,
        "notifications.help-list-seen",
        object_kind="dispatch",
        object_id=dispatch.pk,
        detail={"people": len(sought)},
    )
    return sought


@dataclass(frozen=True)
class Overrides:
    """Overrides by what has to be done about them, and how many are late."""

    waiting: list[VitalInterestOverride]
    running: list[VitalInterestOverride]
    to_review: list[VitalInterestOverride]
    past: list[VitalInterestOverride]
    late_reviews: int
    late_notices: int


# How many past ones the list shows.
_PAST_SHOWN = 100


def _check_overseer(user: StaffUser) -> None:
    if not has_role(user, *_MINISTRY, Role.DATA_PROTECTION):
        raise Http404


def overrides_for(user: StaffUser) -> Overrides:
    """Return every override that matters now, and the latest of the others. Raises Http404."""
    _check_overseer(user)
    found = VitalInterestOverride.objects.select_related("crisis", "requested_by")
    waiting = list(found.waiting().order_by("requested_at"))
    running = list(found.running().order_by("ends_at"))
    to_review = list(found.awaiting_review().order_by("review_due_at"))
    listed = {override.pk for override in (*waiting, *running, *to_review)}
    overdue = overdue_overrides()
    return Overrides(
        waiting,
        running,
        to_review,
        list(found.exclude(pk__in=listed)[:_PAST_SHOWN]),
        len(overdue.reviews),
        len(overdue.notices),
    )


def override_for(user: StaffUser, public_id: UUID) -> VitalInterestOverride:
    """Return one override with its people. Raises Http404."""
    _check_overseer(user)
    override = (
        VitalInterestOverride.objects.filter(public_id=public_id)
        .select_related("crisis", "requested_by", "approved_by", "ended_by", "reviewed_by")
        .first()
    )
    if override is None:
        raise Http404
    return override
