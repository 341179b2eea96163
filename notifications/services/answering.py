"""Recording "I am safe" and "I need help", however it comes in."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit.recording import Actor, record
from notifications.models import Answer, AnswerState, AnswerVia, AudienceMember, Delivery


@transaction.atomic
def record_answer(
    *,
    actor: Actor,
    crisis_id: int,
    person_ids: Sequence[UUID],
    state: AnswerState,
    via: AnswerVia,
    words: str = "",
    place: str = "",
) -> list[Answer]:
    """Keep an answer for each of these people; the latest of a person counts on the board.

    Several people answer at once when they share the phone the answer came from.
    """
    answers = []
    for person_id in person_ids:
        answer = Answer(crisis_id=crisis_id, registrant_id=person_id, state=state, via=via)
        answer.words = words
        answer.place = place
        answer.save(force_insert=True)
        answers.append(answer)
        record(
            actor,
            "notifications.answered",
            subject_id=person_id,
            object_kind="crisis",
            object_id=crisis_id,
            detail={"state": state, "via": via},
        )
    AudienceMember.objects.filter(
        registrant_id__in=list(person_ids), dispatch__crisis_id=crisis_id
    ).update(answer=state, answered_at=timezone.now())
    return answers


def people_sharing(delivery: Delivery) -> list[UUID]:
    """Return everybody this delivery speaks for: its person, and those who share the address."""
    shared = Delivery.objects.filter(
        dispatch_id=delivery.dispatch_id, shared_with_seq=delivery.seq
    ).values_list("registrant_id", flat=True)
    return [delivery.registrant_id, *shared]
