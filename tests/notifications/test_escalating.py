"""The ladder: whoever is silent is tried another way, and any answer ends it."""

from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Role
from audit.recording import Actor
from consent.services import record_answers
from crises.services import NotAllowed
from notifications import addressing, escalating, sending
from notifications.models import (
    AnswerState,
    AnswerVia,
    AudienceMember,
    Delivery,
    DeliveryStatus,
    Dispatch,
    EscalationTimer,
    Lane,
    PhoneTask,
    Step,
    TaskOutcome,
    TaskState,
)
from notifications.services.answering import record_answer
from notifications.services.escalating import (
    MOST_TRIES,
    TaskLost,
    claim_task,
    put_up_ladder,
    take_ladder_away,
    tell_outcome,
)
from notifications.services.steering import cancel_dispatch, pause_dispatch, resume_dispatch
from registry.models import ContactPoint, Registrant
from tests.people import crisis, register, released, staff

pytestmark = pytest.mark.django_db(transaction=True)


def sent(*steps: Step, is_exercise: bool = False) -> Dispatch:
    """An alert that has left, with these rungs due at once."""
    dispatch = released(crisis(is_exercise=is_exercise))
    addressing.freeze(dispatch.pk)
    sending.drain(lane=Lane.CRISIS)
    put_up_ladder(actor=staff(Role.AUTHOR), dispatch=dispatch, minutes=dict.fromkeys(steps, 0))
    return dispatch


def climb() -> Dispatch | None:
    """Begin what is due; freeze and send it. Return the last dispatch of a rung."""
    escalating.escalate()
    rung = Dispatch.objects.filter(escalation__isnull=False).order_by("-pk").first()
    if rung is not None:
        addressing.freeze(rung.pk)
        sending.drain(lane=Lane.CRISIS)
        rung.refresh_from_db()
    return rung


def says_safe(person: Registrant, dispatch: Dispatch) -> None:
    record_answer(
        actor=Actor.person(person.pk),
        crisis_id=dispatch.crisis_id or 0,
        person_ids=[person.pk],
        state=AnswerState.SAFE,
        via=AnswerVia.SMS,
    )


def test_the_silent_are_written_to_in_their_next_language_and_once(sms_gateway) -> None:
    silent = register(language="en", other_languages=("ar",), phones=["+96170100001"])
    answered = register(language="en", other_languages=("ar",))
    only_english = register(language="en")
    dispatch = sent(Step.OTHER_LANGUAGE)
    says_safe(answered, dispatch)
    sms_gateway.clear()
    rung = climb()
    assert rung is not None
    (message,) = sms_gateway.messages
    assert message.recipient == "+96170100001"
    assert "حريق" in message.text
    assert [m.registrant_id for m in rung.members.all()] == [silent.pk]
    assert only_english.pk not in {m.registrant_id for m in rung.members.all()}
    assert escalating.escalate() == 0
    climb()
    assert len(sms_gateway.messages) == 1


def test_a_way_that_was_not_used_is_used_and_one_that_was_is_not(sms_gateway, mailbox) -> None:
    person = register(phones=["+96170100001"], emails=["late@people.example"])
    mail = ContactPoint.objects.get(registrant=person, channel=1)
    ContactPoint.objects.filter(pk=mail.pk).update(confirmed_at=None)
    dispatch = sent(Step.OTHER_WAY)
    assert len(sms_gateway.messages) == 1
    assert not mailbox.messages
    rung = climb()
    assert rung is not None
    assert [delivery.contact_point_id for delivery in rung.deliveries.all()] == [mail.pk]
    assert len(sms_gateway.messages) == 1
    assert [m.recipients for m in mailbox.messages] == [("late@people.example",)]
    assert rung.message_id == dispatch.message_id


def test_somebody_who_answers_on_the_way_is_spared(sms_gateway) -> None:
    person = register(other_languages=("ar",))
    dispatch = sent(Step.OTHER_LANGUAGE)
    escalating.escalate()
    rung = Dispatch.objects.get(escalation__isnull=False)
    addressing.freeze(rung.pk)
    says_safe(person, dispatch)
    escalating.escalate()
    sms_gateway.clear()
    sending.drain(lane=Lane.CRISIS)
    assert not sms_gateway.messages
    delivery = Delivery.objects.get(dispatch=rung)
    assert (delivery.status, delivery.reason) == (DeliveryStatus.SKIPPED, "answered")


def test_consent_withdrawn_since_ends_the_ladder_too(sms_gateway) -> None:
    person = register(other_languages=("ar",))
    sent(Step.OTHER_LANGUAGE)
    record_answers(
        actor=Actor.person(person.pk),
        subject_id=person.pk,
        language="en",
        answers={"crisis_alert_sms": False},
        channel="web",
        method="button",
    )
    sms_gateway.clear()
    climb()
    assert not sms_gateway.messages


def test_a_rung_of_an_exercise_leaves_only_by_the_exercise_route(
    sms_gateway, exercise_sms_gateway
) -> None:
    register(other_languages=("ar",))
    sent(Step.OTHER_LANGUAGE, is_exercise=True)
    climb()
    assert not sms_gateway.messages
    assert len(exercise_sms_gateway.messages) == 2


def test_a_timer_rings_when_it_is_due_not_before_and_waits_while_paused(sms_gateway) -> None:
    register(other_languages=("ar",))
    dispatch = sent(Step.OTHER_LANGUAGE)
    timer = EscalationTimer.objects.get()
    later = timezone.now() + datetime.timedelta(hours=1)
    EscalationTimer.objects.update(due_at=later)
    assert escalating.escalate() == 0
    EscalationTimer.objects.update(due_at=timer.due_at)
    Dispatch.objects.filter(pk=dispatch.pk).update(state="running")
    pause_dispatch(actor=staff(Role.APPROVER), dispatch=dispatch)
    assert escalating.escalate() == 0
    resume_dispatch(actor=staff(Role.APPROVER), dispatch=dispatch)
    assert escalating.escalate() == 1


def test_nobody_climbs_after_the_dispatch_was_stopped_or_the_words_are_old(sms_gateway) -> None:
    register(other_languages=("ar",))
    dispatch = sent(Step.OTHER_LANGUAGE)
    Dispatch.objects.filter(pk=dispatch.pk).update(state="running")
    cancel_dispatch(actor=staff(Role.AUTHOR), dispatch=dispatch)
    escalating.escalate()
    timer = EscalationTimer.objects.get()
    assert timer.began_at is None
    assert timer.stopped_at is not None
    assert not Dispatch.objects.filter(escalation__isnull=False).exists()


def test_only_the_ministry_puts_a_ladder_up_or_takes_it_away() -> None:
    register()
    dispatch = released(crisis())
    for act in (put_up_ladder, take_ladder_away):
        with pytest.raises(NotAllowed):
            act(actor=staff(Role.OFFICER), dispatch=dispatch)
    assert not EscalationTimer.objects.exists()


def tasks_for(count: int) -> tuple[Dispatch, list[Registrant]]:
    people = [register() for _ in range(count)]
    dispatch = sent(Step.EMERGENCY_CONTACT)
    post_id = staff(Role.OFFICER).mandates.get().post_id
    AudienceMember.objects.update(post_id=post_id)
    escalating.escalate()
    return dispatch, people


def test_two_operators_never_hold_one_task(sms_gateway) -> None:
    tasks_for(2)
    first, second = staff(Role.OFFICER), staff(Role.OFFICER)
    mine, theirs = claim_task(actor=first), claim_task(actor=second)
    assert mine is not None
    assert theirs is not None
    assert mine.pk != theirs.pk
    assert claim_task(actor=first) is None


def test_an_operator_whose_lease_ended_can_say_nothing_any_more(sms_gateway) -> None:
    tasks_for(1)
    slow, quick = staff(Role.OFFICER), staff(Role.OFFICER)
    task = claim_task(actor=slow)
    assert task is not None
    PhoneTask.objects.update(lease_until=timezone.now() - datetime.timedelta(seconds=1))
    again = claim_task(actor=quick)
    assert again is not None
    assert again.pk == task.pk
    with pytest.raises(TaskLost):
        tell_outcome(actor=slow, task_id=task.public_id, token=task.token, outcome=TaskOutcome.SAFE)
    assert not AudienceMember.objects.exclude(answer="").exists()


def test_what_the_operator_heard_is_an_answer_and_closes_every_task(sms_gateway) -> None:
    dispatch, (person,) = tasks_for(1)
    put_up_ladder(actor=staff(Role.AUTHOR), dispatch=dispatch, minutes={Step.FIELD_CHECK: 0})
    escalating.escalate()
    assert PhoneTask.objects.filter(registrant_id=person.pk, state=TaskState.OPEN).count() == 2
    officer = staff(Role.OFFICER)
    task = claim_task(actor=officer)
    assert task is not None
    done = tell_outcome(
        actor=officer, task_id=task.public_id, token=task.token, outcome=TaskOutcome.SAFE
    )
    assert done.state == TaskState.DONE
    assert AudienceMember.objects.get(dispatch=dispatch).answer == AnswerState.SAFE
    escalating.escalate()
    assert not PhoneTask.objects.filter(state=TaskState.OPEN).exists()


def test_nobody_there_is_tried_again_later_and_not_for_ever(sms_gateway) -> None:
    tasks_for(1)
    officer = staff(Role.OFFICER)
    for tried in range(1, MOST_TRIES + 1):
        task = claim_task(actor=officer)
        assert task is not None
        told = tell_outcome(
            actor=officer,
            task_id=task.public_id,
            token=task.token,
            outcome=TaskOutcome.NOBODY_THERE,
        )
        assert told.tries == tried
        assert claim_task(actor=officer) is None
        PhoneTask.objects.update(due_at=timezone.now())
    assert PhoneTask.objects.get().state == TaskState.DONE


def test_the_database_refuses_a_rung_of_other_words_or_another_crisis(sms_gateway) -> None:
    register()
    first, second = released(crisis()), released(crisis())
    with pytest.raises(IntegrityError, match="approved broadcast"), transaction.atomic():
        Dispatch.objects.create(
            message=second.message, crisis=first.crisis, escalates=first, lane=Lane.CRISIS
        )
    with pytest.raises(IntegrityError, match="approved broadcast"), transaction.atomic():
        Dispatch.objects.create(
            message=first.message, crisis=second.crisis, escalates=first, lane=Lane.CRISIS
        )


def test_taking_the_ladder_away_stops_what_is_on_its_way(sms_gateway) -> None:
    register(other_languages=("ar",))
    dispatch = sent(Step.OTHER_LANGUAGE, Step.EMERGENCY_CONTACT)
    escalating.escalate()
    assert PhoneTask.objects.filter(state=TaskState.OPEN).count() == 1
    take_ladder_away(actor=staff(Role.AUTHOR), dispatch=dispatch)
    sms_gateway.clear()
    rung = climb()
    assert rung is not None
    assert rung.state == "cancelled"
    assert not sms_gateway.messages
    assert not PhoneTask.objects.filter(state=TaskState.OPEN).exists()
