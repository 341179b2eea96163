"""Asking for, agreeing to and running an act on the keys: two people, an event for each step."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.access import has_role
from accounts.key_acts import KeyAct, KeyActKind, KeyActState
from accounts.key_runners import KeyActRefused, Step, runner_of
from accounts.models import Role, StaffUser
from audit.recording import Detail, record

# An agreement is to something that is about to be done.
APPROVAL_LIFE = datetime.timedelta(hours=24)


def request_key_act(*, actor: StaffUser, kind: KeyActKind, parameters: Mapping[str, Any]) -> KeyAct:
    """Ask for an act. Raises KeyActRefused when it is not possible or not theirs to ask."""
    _refuse_others(actor)
    runner_of(kind).check(parameters)
    with transaction.atomic():
        act = KeyAct.objects.create(kind=kind, parameters=dict(parameters), requested_by=actor)
        _note(actor, act, "requested", dict(runner_of(kind).count(parameters)))
    return act


def approve_key_act(*, actor: StaffUser, act_id: UUID) -> KeyAct:
    """Agree to an act that a colleague asked for. Raises KeyActRefused."""
    _refuse_others(actor)
    with transaction.atomic():
        act = _held(act_id)
        if act.requested_by_id == actor.pk:
            raise KeyActRefused("Whoever asked for an act cannot agree to it.")
        if act.state != KeyActState.REQUESTED:
            raise KeyActRefused("This act has been agreed to already.")
        runner_of(act.kind).check(act.parameters)
        act.approved_by, act.approved_at = actor, timezone.now()
        act.state = KeyActState.APPROVED
        act.save()
        _note(actor, act, "approved")
    return act


def begin_key_act(*, actor: StaffUser, act_id: UUID) -> KeyAct:
    """Begin an agreed act, or go on with one that was interrupted. Raises KeyActRefused."""
    _refuse_others(actor)
    with transaction.atomic():
        act = _held(act_id)
        if act.state in {KeyActState.REQUESTED, KeyActState.FINISHED}:
            raise KeyActRefused(f"This act is {act.get_state_display()}, not agreed.")
        assert act.approved_at is not None
        is_new = act.state == KeyActState.APPROVED
        if is_new and timezone.now() - act.approved_at > APPROVAL_LIFE:
            raise KeyActRefused("The agreement is more than a day old; ask for the act again.")
        runner_of(act.kind).check(act.parameters)
        act.state = KeyActState.RUNNING
        act.begun_at = act.begun_at or timezone.now()
        act.save()
        _note(actor, act, "begun" if is_new else "resumed", {"done": act.done_count})
    return act


def take_step(*, actor: StaffUser, act: KeyAct) -> Step:
    """Do one piece of a running act and keep where to go on.

    The piece is done before it is noted, in a database of its own perhaps: whoever is killed
    between the two does it again, which every runner allows. Raises KeyActRefused.
    """
    step = runner_of(act.kind).step(act)
    with transaction.atomic():
        held = _held(act.pk)
        held.cursor = step.cursor
        held.done_count += step.done
        if step.is_finished and held.state != KeyActState.FINISHED:
            held.state, held.finished_at = KeyActState.FINISHED, timezone.now()
            _note(actor, held, "finished", {"done": held.done_count})
        held.save()
    act.refresh_from_db()
    return step


def _held(act_id: UUID) -> KeyAct:
    act = KeyAct.objects.select_for_update().filter(pk=act_id).first()
    if act is None:
        raise KeyActRefused("There is no such act.")
    return act


def _refuse_others(actor: StaffUser) -> None:
    if not actor.is_active or not has_role(actor, Role.KEY_HOLDER):
        raise KeyActRefused("Only key holders may do this.")


def _note(actor: StaffUser, act: KeyAct, what: str, detail: Detail | None = None) -> None:
    record(
        actor.actor,
        f"accounts.key-act-{what}",
        object_kind="key-act",
        object_id=act.pk,
        detail={"kind": act.kind, **act.parameters, **(detail or {})},
    )
