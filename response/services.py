"""What officers do with a case: open it, take it, give it on, plan the next step, close it."""

from __future__ import annotations

import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone

from accounts.models import StaffUser
from audit.recording import Detail, record
from registry.access import post_between
from registry.models import Registrant
from response.access import case_visible_to, colleagues_of
from response.models import Case, CaseEntry, EntryKind, NextStep, Origin, Outcome, Urgency


class CaseClosed(Exception):
    """Somebody closed the case meanwhile."""


def open_case(
    *,
    actor: StaffUser,
    person: Registrant,
    entry_id: UUID,
    origin: Origin,
    urgency: Urgency,
    next_step: NextStep,
    note: str = "",
) -> Case:
    """Open a case for a person; its opener owns it. The same form sent twice is one case.

    Raises Http404 for somebody outside the actor's districts.
    """
    post_id = post_between(actor, person)
    if post_id is None:
        raise Http404
    try:
        with transaction.atomic():
            case = Case.objects.create(
                id=entry_id,
                registrant=person,
                post_id=post_id,
                origin=origin,
                urgency=urgency,
                owner=actor,
                unowned_since=None,
                next_step=next_step,
            )
            _write(actor, case, EntryKind.OPENED, note)
            _note(actor, case, "opened", {"origin": origin.value, "urgency": urgency.value})
    except IntegrityError:
        return case_visible_to(actor, entry_id)
    return case


@transaction.atomic
def take_case(*, actor: StaffUser, case_id: UUID) -> Case:
    """Become the owner of a case. Raises Http404, CaseClosed."""
    case = _held(actor, case_id)
    if case.owner_id != actor.pk:
        case.owner, case.unowned_since = actor, None
        case.save(update_fields=["owner", "unowned_since"])
        _write(actor, case, EntryKind.TAKEN, "")
        _note(actor, case, "taken")
    return case


@transaction.atomic
def give_case(*, actor: StaffUser, case_id: UUID, owner: StaffUser) -> Case:
    """Make a colleague of the same post the owner. Raises Http404, CaseClosed."""
    case = _held(actor, case_id)
    if owner not in colleagues_of(case):
        raise Http404
    case.owner, case.unowned_since = owner, None
    case.save(update_fields=["owner", "unowned_since"])
    _write(actor, case, EntryKind.GIVEN, "")
    _note(actor, case, "given", {"owner": str(owner.pk)})
    return case


@transaction.atomic
def plan_step(
    *,
    actor: StaffUser,
    case_id: UUID,
    next_step: NextStep,
    next_at: datetime.datetime,
    urgency: Urgency,
    note: str = "",
) -> Case:
    """Note what was done and what comes next, by when. Raises Http404, CaseClosed."""
    case = _held(actor, case_id)
    case.next_step, case.next_at, case.urgency = next_step, next_at, urgency
    case.save(update_fields=["next_step", "next_at", "urgency"])
    _write(actor, case, EntryKind.STEP, note)
    _note(actor, case, "planned", {"step": next_step.value, "urgency": urgency.value})
    return case


@transaction.atomic
def close_case(*, actor: StaffUser, case_id: UUID, outcome: Outcome, note: str = "") -> Case:
    """End a case. Raises Http404, CaseClosed."""
    case = _held(actor, case_id)
    case.closed_at, case.outcome = timezone.now(), outcome
    case.save(update_fields=["closed_at", "outcome"])
    _write(actor, case, EntryKind.CLOSED, note)
    _note(actor, case, "closed", {"outcome": outcome.value})
    return case


def _held(actor: StaffUser, case_id: UUID) -> Case:
    case_visible_to(actor, case_id)
    case = Case.objects.select_for_update().get(pk=case_id)
    if case.closed_at is not None:
        raise CaseClosed
    return case


def _write(actor: StaffUser, case: Case, kind: EntryKind, note: str) -> None:
    entry = CaseEntry(case=case, registrant_id=case.registrant_id, by=actor, kind=kind)
    entry.note = note
    entry.save(force_insert=True)


def _note(actor: StaffUser, case: Case, what: str, detail: Detail | None = None) -> None:
    record(
        actor.actor,
        f"response.case-{what}",
        subject_id=case.registrant_id,
        object_kind="case",
        object_id=case.pk,
        post_id=case.post_id,
        detail=detail,
    )
