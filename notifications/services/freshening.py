"""What a person answers when we ask whether they are still there."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit.recording import Actor
from notifications.models import StayAnswer, StayQuestion
from registry.services.observing import observe_stay


@transaction.atomic
def answer_stay_question(*, actor: Actor, question: StayQuestion, answer: StayAnswer) -> bool:
    """Take the one answer a question has; False when it had one, and nothing changes then."""
    held = (
        StayQuestion.objects.select_for_update(of=("self",))
        .select_related("stay")
        .get(pk=question.pk)
    )
    if held.answered_at is not None or held.stay.ended_at is not None:
        return False
    held.answered_at = timezone.now()
    held.answer = answer
    held.save(update_fields=["answered_at", "answer"])
    observe_stay(
        actor=actor,
        stay=held.stay,
        is_there=answer == StayAnswer.HERE,
        is_ended=answer == StayAnswer.HOME,
    )
    return True


def open_questions(person_id: UUID) -> list[StayQuestion]:
    """Return the newest unanswered question about each of a person's stays."""
    waiting = StayQuestion.objects.filter(
        stay__registrant_id=person_id, stay__ended_at__isnull=True, answered_at__isnull=True
    )
    return list(waiting.order_by("stay_id", "-asked_at").distinct("stay_id"))
