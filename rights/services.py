"""Asking for a right, answering a request, and lifting a lock."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import Http404
from django.utils import timezone

from accounts.access import has_role
from accounts.models import Role, StaffUser
from audit.recording import Actor, record
from consent.models import Basis, Purpose
from registry.models import Registrant
from registry.selectors import stay_of
from registry.services.restricting import restrict_person, unrestrict_person
from rights.access import request_visible_to
from rights.models import Ground, Identity, Right, RightsRequest, State, Way


class RequestDecided(Exception):
    """Somebody answered the request meanwhile."""


class SecondPersonNeeded(Exception):
    """Whoever entered an erasure for somebody cannot also decide it."""


@dataclass(frozen=True)
class Entered:
    """Who entered a request at the counter, and how they knew who asked."""

    by: StaffUser
    identity: Identity


def objectionable_purposes() -> list[Purpose]:
    """Return the uses that rest on no consent, so that somebody can only object to them."""
    return list(Purpose.objects.filter(basis=Basis.PUBLIC_TASK).order_by("position"))


@transaction.atomic
def ask_for_right(
    *,
    actor: Actor,
    person: Registrant,
    right: Right,
    way: Way,
    purpose_code: str = "",
    entered: Entered | None = None,
    is_done: bool = False,
) -> RightsRequest:
    """Note what somebody asks for and start its clock; asked for twice it is one request.

    A lock begins at once; is_done: what was asked for has been done already, by the person
    themselves. Raises ValueError for an objection to something there is no objection to.
    """
    if right == Right.OBJECTION and way != Way.SMS:
        known = {purpose.code for purpose in objectionable_purposes()}
        if purpose_code not in known:
            raise ValueError("nobody can object to this")
    Registrant.objects.select_for_update().only("pk").get(pk=person.pk)
    standing = RightsRequest.objects.filter(
        person_id=person.pk,
        right=right,
        purpose_code=purpose_code,
        state__in=[State.OPEN, State.IN_FORCE],
    ).first()
    if standing is not None and not is_done:
        return standing
    now = timezone.now()
    stay = stay_of(person)
    state = State.DONE if is_done else State.OPEN
    if right == Right.RESTRICTION:
        state = State.IN_FORCE
    asked = RightsRequest.objects.create(
        person_id=person.pk,
        right=right,
        purpose_code=purpose_code,
        way=way,
        identity=entered.identity if entered else "",
        post_id=stay.post_id if stay else None,
        entered_by=entered.by if entered else None,
        asked_at=now,
        due_at=now + datetime.timedelta(days=settings.RIGHTS_DAYS),
        state=state,
        decided_at=None if state == State.OPEN else now,
    )
    _note(actor, "rights.asked", asked, way.value)
    settle_lock(actor=actor, person_id=person.pk)
    return asked


@transaction.atomic
def answer_request(
    *, actor: StaffUser, request_id: UUID, is_granted: bool, ground: Ground | None = None
) -> RightsRequest:
    """Grant a request, or refuse it on a ground.

    Raises Http404, RequestDecided, SecondPersonNeeded; ValueError for a refusal without ground.
    What changes the record is done by a worker: whoever oversees sees nobody's record.
    """
    asked = request_visible_to(actor, request_id)
    asked = RightsRequest.objects.select_for_update().get(pk=asked.pk)
    if asked.is_for_oversight and not has_role(actor, Role.DATA_PROTECTION):
        raise Http404
    if asked.state != State.OPEN:
        raise RequestDecided
    if asked.right == Right.ERASURE and asked.entered_by_id == actor.pk:
        raise SecondPersonNeeded
    if not is_granted and ground is None:
        raise ValueError("a refusal says why")
    asked.decided_by, asked.decided_at = actor, timezone.now()
    asked.ground = "" if is_granted or ground is None else ground
    asked.state = State.DONE if is_granted else State.REFUSED
    if is_granted and asked.right == Right.OBJECTION:
        asked.state = State.IN_FORCE
    asked.is_to_be_carried_out = asked.is_for_oversight
    asked.save()
    _note(actor.actor, "rights.answered", asked, asked.state)
    return asked


@transaction.atomic
def lift_lock(*, actor: Actor, person: Registrant) -> int:
    """Unlock a record at its person's wish; return how many requests that ended."""
    now = timezone.now()
    ended = 0
    for asked in RightsRequest.objects.select_for_update().locking().filter(person_id=person.pk):
        asked.state, asked.decided_at, asked.ground = State.DONE, now, Ground.WITHDRAWN
        asked.save()
        _note(actor, "rights.lifted", asked, asked.way)
        ended += 1
    settle_lock(actor=actor, person_id=person.pk)
    return ended


def settle_lock(*, actor: Actor, person_id: UUID) -> None:
    """Lock or unlock a record as its requests say. Safe to repeat."""
    if RightsRequest.objects.locking().filter(person_id=person_id).exists():
        restrict_person(actor=actor, person_id=person_id)
    else:
        unrestrict_person(actor=actor, person_id=person_id)


def _note(actor: Actor, act: str, asked: RightsRequest, what: str) -> None:
    record(
        actor,
        act,
        subject_id=asked.person_id,
        object_kind="rights-request",
        object_id=asked.pk,
        reason=asked.right,
        post_id=asked.post_id,
        detail={"what": what, "purpose": asked.purpose_code},
    )
