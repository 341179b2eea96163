"""Climbing the ladder: due rungs become dispatches or tasks, and any answer ends it.

Safe to run twice and at the same time as itself: a timer is begun in the transaction that
writes what it stands for, and each rung, each dispatch of a rung and each person on a rung
is there once by constraint.
"""

from __future__ import annotations

import logging

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from notifications.audiences import AudienceRule
from notifications.models import Dispatch, DispatchState
from notifications.models.escalation import BY_MESSAGE, EscalationTimer, Step

logger = logging.getLogger(__name__)

# How many rungs one run begins at most.
_MOST = 50


def escalate() -> int:
    """Begin the rungs that are due and close what an answer made needless; return how many."""
    close_needless()
    begun = 0
    while begun < _MOST and _begin_next():
        begun += 1
    return begun


def _begin_next() -> bool:
    with transaction.atomic():
        now = timezone.now()
        timer = (
            EscalationTimer.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("dispatch__message", "dispatch__crisis")
            .filter(began_at__isnull=True, stopped_at__isnull=True, due_at__lte=now)
            # A paused ladder waits: its time runs, and it climbs when sending goes on.
            .exclude(dispatch__state=DispatchState.PAUSED)
            # Until the list is complete nobody can be missing from it.
            .exclude(~Q(dispatch__state=DispatchState.CANCELLED), dispatch__frozen_at__isnull=True)
            .order_by("due_at", "pk")
            .first()
        )
        if timer is None:
            return False
        if _is_pointless(timer.dispatch):
            timer.stopped_at = now
        else:
            timer.began_at = now
            if timer.step in BY_MESSAGE:
                timer.sent_as = _send(timer)
            else:
                _write_tasks(timer)
        timer.save(update_fields=["began_at", "stopped_at", "sent_as"])
    logger.info(
        "rung dispatch=%s step=%s began=%s",
        timer.dispatch_id,
        timer.step,
        timer.began_at is not None,
    )
    return True


def _is_pointless(dispatch: Dispatch) -> bool:
    expires_at = dispatch.message.expires_at
    return (
        dispatch.state == DispatchState.CANCELLED
        or (expires_at is not None and expires_at <= timezone.now())
        or (dispatch.crisis is not None and dispatch.crisis.closed_at is not None)
    )


def _send(timer: EscalationTimer) -> Dispatch:
    """Let the approved words leave again to those who are silent; the sweeper has it frozen."""
    first = timer.dispatch
    rule = AudienceRule(
        silent_of=first.pk,
        rung=Step(timer.step).value,
        override=AudienceRule.from_data(first.audience_rule).override,
    )
    return Dispatch.objects.create(
        message=first.message,
        escalates=first,
        crisis=first.crisis,
        is_exercise=first.is_exercise,
        lane=first.lane,
        max_copies=first.max_copies,
        audience_rule=rule.as_data(),
        released_at=timezone.now(),
    )


def _write_tasks(timer: EscalationTimer) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO notifications_phonetask
                      (public_id, dispatch_id, crisis_id, registrant_id, post_id, step, state,
                       due_at, token, tries, outcome)
               SELECT gen_random_uuid(), m.dispatch_id, %(crisis)s, m.registrant_id, m.post_id,
                      %(step)s, 'open', clock_timestamp(), 0, 0, ''
                 FROM notifications_audiencemember m
                 JOIN registry_registrant r ON r.id = m.registrant_id
                WHERE m.dispatch_id = %(dispatch)s AND m.answer = '' AND r.restricted_at IS NULL
               ON CONFLICT (dispatch_id, registrant_id, step) DO NOTHING""",
            {
                "dispatch": timer.dispatch_id,
                "crisis": timer.dispatch.crisis_id,
                "step": timer.step,
            },
        )


def close_needless() -> None:
    """Take tasks away from people who answered, and whose ladder was stopped."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE notifications_phonetask t
                  SET state = 'needless', lease_until = NULL, changed_at = clock_timestamp()
                 FROM notifications_dispatch d
                WHERE d.id = t.dispatch_id AND t.state = 'open'
                  AND (d.state = 'cancelled'
                       OR EXISTS (SELECT FROM notifications_audiencemember m
                                   WHERE m.dispatch_id = t.dispatch_id
                                     AND m.registrant_id = t.registrant_id AND m.answer <> ''))"""
        )
        # What waits in a rung's dispatch for somebody who answered meanwhile does not leave.
        cursor.execute(
            """UPDATE notifications_delivery v
                  SET status = 50, reason = 'answered', changed_at = clock_timestamp()
                 FROM notifications_escalationtimer t
                 JOIN notifications_dispatch d
                   ON d.id = t.sent_as_id AND d.state IN ('freezing', 'running', 'paused')
                 JOIN notifications_audiencemember m ON m.dispatch_id = d.id AND m.answer <> ''
                WHERE v.dispatch_id = d.id AND v.member_number = m.number
                  AND v.status IN (0, 10)
                  AND NOT EXISTS (SELECT FROM notifications_delivery other
                                   WHERE other.dispatch_id = v.dispatch_id
                                     AND other.shared_with_seq = v.seq)"""
        )
