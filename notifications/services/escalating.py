"""What people do about the ladder: putting it up, taking it away, and working its tasks."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.access import has_role, post_ids_of
from accounts.models import Role, StaffUser
from audit.recording import record
from crises.services import NotAllowed
from notifications.models import AnswerState, AnswerVia, Dispatch, DispatchState
from notifications.models.escalation import (
    EscalationTimer,
    PhoneTask,
    Step,
    TaskOutcome,
    TaskState,
)
from notifications.services.answering import record_answer

#: Minutes after the release at which each rung is due.
USUAL_MINUTES: Mapping[Step, int] = {
    Step.OTHER_WAY: 15,
    Step.OTHER_LANGUAGE: 30,
    Step.EMERGENCY_CONTACT: 60,
    Step.FOCAL_POINT: 180,
    Step.FIELD_CHECK: 720,
}
# A claimed task that nobody says anything about goes to somebody else after this.
LEASE = datetime.timedelta(minutes=15)
AGAIN_AFTER = datetime.timedelta(minutes=30)
MOST_TRIES = 3


class TaskLost(Exception):
    """The task went to somebody else, or is no longer needed."""


@transaction.atomic
def put_up_ladder(
    *, actor: StaffUser, dispatch: Dispatch, minutes: Mapping[Step, int] = USUAL_MINUTES
) -> list[EscalationTimer]:
    """Plan what happens for people who do not answer. Rungs that are planned already stay.

    minutes: after the release, for each rung wanted. Raises NotAllowed for anybody but the
    ministry, and for what is no broadcast or was stopped.
    """
    held = Dispatch.objects.select_for_update().get(pk=dispatch.pk)
    if not has_role(actor, Role.AUTHOR, Role.APPROVER) or held.broadcast_id is None:
        raise NotAllowed
    if held.state == DispatchState.CANCELLED or held.crisis_id is None:
        raise NotAllowed
    start = held.released_at or held.created_at
    EscalationTimer.objects.bulk_create(
        [
            EscalationTimer(
                dispatch=held, step=step, due_at=start + datetime.timedelta(minutes=after)
            )
            for step, after in minutes.items()
        ],
        ignore_conflicts=True,
    )
    record(actor.actor, "notifications.ladder-put-up", object_kind="dispatch", object_id=held.pk)
    return list(EscalationTimer.objects.filter(dispatch=held).order_by("due_at"))


@transaction.atomic
def take_ladder_away(*, actor: StaffUser, dispatch: Dispatch) -> int:
    """Stop every rung, what is on its way and the open tasks; return how many had not begun."""
    if not has_role(actor, Role.AUTHOR, Role.APPROVER):
        raise NotAllowed
    now = timezone.now()
    stopped = EscalationTimer.objects.filter(
        dispatch=dispatch, began_at__isnull=True, stopped_at__isnull=True
    ).update(stopped_at=now)
    Dispatch.objects.filter(
        escalates=dispatch,
        state__in=[DispatchState.FREEZING, DispatchState.RUNNING, DispatchState.PAUSED],
    ).update(state=DispatchState.CANCELLED, finished_at=now)
    PhoneTask.objects.filter(dispatch=dispatch, state=TaskState.OPEN).update(
        state=TaskState.NEEDLESS, lease_until=None, changed_at=now
    )
    record(
        actor.actor,
        "notifications.ladder-taken-away",
        object_kind="dispatch",
        object_id=dispatch.pk,
    )
    return stopped


@transaction.atomic
def claim_task(*, actor: StaffUser) -> PhoneTask | None:
    """Lease the most urgent open task of the actor's posts to them; None if there is none.

    Two operators never hold one task: a locked row is passed by.
    """
    if not has_role(actor, Role.OFFICER):
        raise NotAllowed
    now = timezone.now()
    task = (
        PhoneTask.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))
        .filter(state=TaskState.OPEN, due_at__lte=now, post_id__in=post_ids_of(actor))
        .order_by("due_at", "pk")
        .first()
    )
    if task is None:
        return None
    task.token += 1
    task.operator = actor
    task.lease_until = now + LEASE
    task.save(update_fields=["token", "operator", "lease_until"])
    record(
        actor.actor,
        "notifications.phone-task-claimed",
        subject_id=task.registrant_id,
        object_kind="dispatch",
        object_id=task.dispatch_id,
    )
    return task


@transaction.atomic
def tell_outcome(*, actor: StaffUser, task_id: UUID, token: int, outcome: TaskOutcome) -> PhoneTask:
    """Say what came of a claimed task. Raises TaskLost unless actor holds the newest token.

    Safe and in need of help are answers and end the ladder for the person. Nobody there
    means again later, up to MOST_TRIES times.
    """
    task = (
        PhoneTask.objects.select_for_update()
        .filter(public_id=task_id, token=token, operator=actor, state=TaskState.OPEN)
        .first()
    )
    if task is None:
        raise TaskLost
    now = timezone.now()
    is_again = outcome == TaskOutcome.NOBODY_THERE and task.tries + 1 < MOST_TRIES
    PhoneTask.objects.filter(pk=task.pk).update(
        tries=F("tries") + 1,
        outcome=outcome,
        changed_at=now,
        lease_until=None,
        state=TaskState.OPEN if is_again else TaskState.DONE,
        due_at=now + AGAIN_AFTER if is_again else task.due_at,
    )
    record(
        actor.actor,
        "notifications.phone-task-done",
        subject_id=task.registrant_id,
        object_kind="dispatch",
        object_id=task.dispatch_id,
        detail={"step": task.step, "outcome": outcome.value},
    )
    if outcome in (TaskOutcome.SAFE, TaskOutcome.HELP):
        record_answer(
            actor=actor.actor,
            crisis_id=task.crisis_id,
            person_ids=[task.registrant_id],
            state=AnswerState(outcome.value),
            via=AnswerVia.STAFF,
        )
    task.refresh_from_db()
    return task
