"""Doing what was decided about a request: erasing somebody, unlocking or leaving locked."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from audit.models import ActorKind
from audit.recording import Actor
from registry.models import Registrant
from registry.services.erasing import erase_person
from rights.models import Right, RightsRequest, State
from rights.services import settle_lock

MOST_AT_ONCE = 50


def carry_out() -> int:
    """Carry out what was decided; return how many requests. Safe to repeat."""
    done = 0
    waiting = RightsRequest.objects.filter(is_to_be_carried_out=True).order_by("decided_at")
    for request_id in list(waiting.values_list("pk", flat=True)[:MOST_AT_ONCE]):
        done += _carry_out_one(request_id)
    return done


@transaction.atomic
def _carry_out_one(request_id: UUID) -> bool:
    asked = (
        RightsRequest.objects.select_for_update(skip_locked=True)
        .filter(pk=request_id, is_to_be_carried_out=True)
        .first()
    )
    if asked is None:
        return False
    actor = Actor(ActorKind.STAFF, asked.decided_by_id)
    person = Registrant.objects.filter(pk=asked.person_id).first()
    if person is not None and asked.right == Right.ERASURE and asked.state == State.DONE:
        erase_person(actor=actor, person=person)
    elif person is not None:
        settle_lock(actor=actor, person_id=person.pk)
    # Erasing ends the person's other requests, and this row with them has changed since.
    RightsRequest.objects.filter(pk=asked.pk).update(is_to_be_carried_out=False)
    return True
