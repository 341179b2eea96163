"""Asking for an override, approving it, ending it, and looking at it again afterwards.

Each takes another person: who asks, who approves, who reviews. The database refuses the same.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import has_role
from accounts.models import Role, StaffUser
from audit.recording import Detail, record
from consent.models import Basis
from crises.models import Crisis, OverrideField, ReviewFinding, VitalInterestOverride
from crises.overrides import NOTICE_WITHIN, REVIEW_WITHIN
from crises.services import NotAllowed


@dataclass(frozen=True)
class OverrideEntry:
    """Everything that is asked for. refusers_reason: set to write to people who said no as well."""

    basis: Basis
    legal_text: str
    fields: Sequence[OverrideField]
    reason: str
    no_other_basis_because: str
    max_recipients: int
    hours: int
    refusers_reason: str = ""


@transaction.atomic
def request_override(
    *, actor: StaffUser, crisis: Crisis, entry: OverrideEntry
) -> VitalInterestOverride:
    """Ask that a crisis's alerts may reach people who did not agree.

    Raises NotAllowed, ValidationError where the crisis has one that waits or runs, and
    IntegrityError for what the database refuses.
    """
    if not has_role(actor, Role.AUTHOR):
        raise NotAllowed
    held = _held(crisis.pk)
    standing = VitalInterestOverride.objects.filter(crisis=held)
    if standing.waiting().exists() or standing.running().exists():
        raise ValidationError(_("There is one already. Wait for its end."), code="standing")
    # A request that nobody answered in time makes room for the next.
    for old in standing.filter(approved_at__isnull=True, ended_at__isnull=True):
        _drop(actor, old)
    override = VitalInterestOverride.objects.create(
        crisis=held,
        basis=entry.basis,
        legal_text=entry.legal_text,
        fields=[OverrideField(field).value for field in entry.fields],
        reason=entry.reason,
        no_other_basis_because=entry.no_other_basis_because,
        includes_refusers=bool(entry.refusers_reason),
        refusers_reason=entry.refusers_reason,
        max_recipients=entry.max_recipients,
        hours=entry.hours,
        requested_by=actor,
    )
    _note(
        actor,
        "crises.override-requested",
        override,
        {
            "basis": override.basis,
            "fields": override.fields,
            "hours": override.hours,
            "most": override.max_recipients,
            "includes_refusers": override.includes_refusers,
        },
    )
    return override


@transaction.atomic
def approve_override(
    *, actor: StaffUser, override_id: UUID, typed_most: int
) -> VitalInterestOverride:
    """Let an override begin now. typed_most: the most people it may reach, typed again.

    Raises NotAllowed for whoever asked for it and for what waits no longer; ValidationError
    for another number.
    """
    override = _locked(override_id)
    if not has_role(actor, Role.APPROVER) or override.requested_by_id == actor.pk:
        raise NotAllowed
    _held(override.crisis_id)
    is_standing = VitalInterestOverride.objects.filter(crisis=override.crisis_id).running().exists()
    if not override.is_waiting or is_standing:
        raise NotAllowed
    if typed_most != override.max_recipients:
        raise ValidationError(
            _("This is not the number of people shown above. Type exactly that number."),
            code="wrong-count",
        )
    now = timezone.now()
    override.approved_by, override.approved_at, override.starts_at = actor, now, now
    _end_at(override, now + datetime.timedelta(hours=override.hours))
    override.save()
    assert override.ends_at is not None
    _note(actor, "crises.override-approved", override, {"ends_at": override.ends_at.isoformat()})
    return override


@transaction.atomic
def end_override(*, actor: StaffUser, override_id: UUID) -> VitalInterestOverride:
    """End a running override now, or drop a request. Takes one person. Raises NotAllowed."""
    override = _locked(override_id)
    if not has_role(actor, Role.AUTHOR, Role.APPROVER):
        raise NotAllowed
    if override.approved_at is None and override.ended_at is None:
        _drop(actor, override)
        return override
    if not override.is_running:
        raise NotAllowed
    now = timezone.now()
    override.ended_by, override.ended_at = actor, now
    _end_at(override, now)
    override.save()
    _note(actor, "crises.override-ended", override, {"people": override.recipient_count})
    return override


@transaction.atomic
def review_override(
    *, actor: StaffUser, override_id: UUID, finding: ReviewFinding, words: str = ""
) -> VitalInterestOverride:
    """Write down what somebody who had no part in it found. Raises NotAllowed."""
    override = _locked(override_id)
    had_part = actor.pk in {override.requested_by_id, override.approved_by_id}
    if not has_role(actor, Role.DATA_PROTECTION) or had_part:
        raise NotAllowed
    if not override.is_over or override.reviewed_at is not None:
        raise NotAllowed
    override.reviewed_by, override.reviewed_at = actor, timezone.now()
    override.finding, override.review_words = finding, words
    override.save()
    _note(actor, "crises.override-reviewed", override, {"finding": finding.value})
    return override


@dataclass(frozen=True)
class Overdue:
    """Overrides somebody has let slip: not reviewed in time; not everybody told in time."""

    reviews: list[VitalInterestOverride]
    notices: list[VitalInterestOverride]


def overdue_overrides() -> Overdue:
    """Return what is overdue, the longest first."""
    found = VitalInterestOverride.objects.select_related("crisis")
    return Overdue(
        list(found.review_overdue().order_by("review_due_at")),
        list(found.notice_overdue().order_by("notice_due_at")),
    )


def running_override_id(crisis_id: int) -> int:
    """Return the id of the override in force in a crisis now, 0 where there is none."""
    found = VitalInterestOverride.objects.filter(crisis=crisis_id).running()
    return found.order_by("-starts_at").values_list("pk", flat=True).first() or 0


def _end_at(override: VitalInterestOverride, end: datetime.datetime) -> None:
    override.ends_at = end
    override.notice_due_at = end + NOTICE_WITHIN
    override.review_due_at = end + REVIEW_WITHIN


def _drop(actor: StaffUser, override: VitalInterestOverride) -> None:
    override.ended_by, override.ended_at = actor, timezone.now()
    override.save()
    _note(actor, "crises.override-dropped", override, {})


def _held(crisis_id: int) -> Crisis:
    """Return the open, real crisis, locked, so that two overrides never begin at once."""
    held = Crisis.objects.select_for_update().get(pk=crisis_id)
    if held.closed_at is not None or held.is_exercise:
        raise NotAllowed
    return held


def _locked(override_id: UUID) -> VitalInterestOverride:
    found = (
        VitalInterestOverride.objects.select_for_update(of=("self",))
        .filter(public_id=override_id)
        .first()
    )
    if found is None:
        raise NotAllowed
    return found


def _note(actor: StaffUser, act: str, override: VitalInterestOverride, detail: Detail) -> None:
    record(
        actor.actor,
        act,
        object_kind="override",
        object_id=override.pk,
        detail={"crisis": override.crisis_id, **detail},
    )
