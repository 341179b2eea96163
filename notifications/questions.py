"""What a personal link asks: is this person safe in this crisis, and may they still answer?"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import Enum, auto

from django.utils import timezone

from crises.models import Crisis
from notifications.links import delivery_of
from notifications.models import Answer, AnswerState, Delivery
from registry.selectors import person
from walls.scopes import admit

LINK_LIFE = datetime.timedelta(days=14)


class Standing(Enum):
    """Whether a question can be answered."""

    OPEN = auto()
    # The crisis was closed.
    OVER = auto()
    # The link is older than fourteen days.
    OLD = auto()


@dataclass(frozen=True)
class Question:
    """The question a link puts to its one person, and what they answered last, if anything."""

    delivery: Delivery
    crisis: Crisis
    standing: Standing
    answered: AnswerState | None
    answered_at: datetime.datetime | None


def question_of(reference: str) -> Question | None:
    """Return the question behind a link; None for a made-up link and for somebody erased."""
    named = delivery_of(reference)
    if named is None:
        return None
    dispatch_id, seq = named
    delivery = (
        Delivery.objects.filter(dispatch_id=dispatch_id, seq=seq)
        .select_related("dispatch__crisis")
        .first()
    )
    if delivery is None or delivery.dispatch.crisis is None:
        return None
    # The reference is a secret of that person.
    admit(delivery.registrant_id)
    if person(delivery.registrant_id) is None:
        return None
    crisis = delivery.dispatch.crisis
    last = (
        Answer.objects.filter(crisis=crisis, registrant_id=delivery.registrant_id)
        .order_by("-at")
        .values_list("state", "at")
        .first()
    )
    state, at = last or (None, None)
    return Question(
        delivery=delivery,
        crisis=crisis,
        standing=_standing(delivery, crisis),
        answered=AnswerState(state) if state else None,
        answered_at=at,
    )


def _standing(delivery: Delivery, crisis: Crisis) -> Standing:
    if crisis.closed_at is not None:
        return Standing.OVER
    sent_at = delivery.dispatch.released_at or delivery.dispatch.created_at
    return Standing.OLD if timezone.now() - sent_at > LINK_LIFE else Standing.OPEN
