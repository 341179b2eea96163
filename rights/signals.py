"""What becomes of requests when others say that something happened."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from audit.recording import Actor
from registry.models import Registrant
from rights.models import Ground, Right, RightsRequest, State, Way
from rights.services import ask_for_right


def on_person_erased(sender: object, *, person_id: UUID, **kwargs: Any) -> None:
    """Nobody is left to answer: an erasure is done, the rest needs nothing more."""
    mine = RightsRequest.objects.filter(person_id=person_id, state__in=[State.OPEN, State.IN_FORCE])
    now = timezone.now()
    mine.filter(right=Right.ERASURE).update(state=State.DONE, decided_at=now)
    mine.update(state=State.DONE, decided_at=now, ground=Ground.WITHDRAWN)


def on_stopped_by_sms(sender: object, *, person_id: UUID, **kwargs: Any) -> None:
    """STOP is an objection by its sender's own hand, done when it was read."""
    person = Registrant.objects.filter(pk=person_id).first()
    if person is not None:
        ask_for_right(
            actor=Actor.person(person_id),
            person=person,
            right=Right.OBJECTION,
            way=Way.SMS,
            purpose_code="sms",
            is_done=True,
        )
