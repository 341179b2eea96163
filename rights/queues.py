"""Requests as the queues show them: what, whose, since when, and how long there is."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.access import has_role
from accounts.models import Role, StaffUser
from registry.access import findable_by
from registry.rows import masked_rows
from rights.access import requests_visible_to
from rights.models import Ground, Right, RightsRequest, RightsRequestQuerySet, State, Way

MOST_SHOWN = 100
_COLOURS = {
    State.OPEN: "amber",
    State.IN_FORCE: "violet",
    State.DONE: "green",
    State.REFUSED: "red",
}
QUEUES: dict[str, Promise] = {
    "open": _("Waiting for an answer"),
    "locked": _("Locked records"),
    "answered": _("Answered"),
}


@dataclass(frozen=True)
class RequestRow:
    """One request in a list. person: masked, or the end of the record's number for oversight."""

    id: UUID
    person_id: UUID
    person: str
    right: str | Promise
    purpose: str
    way: str | Promise
    post: str
    asked_at: datetime.datetime
    due_at: datetime.datetime
    is_late: bool
    is_open: bool
    is_for_oversight: bool
    state: str | Promise
    colour: str
    ground: str | Promise


def queue_of(user: StaffUser, queue: str) -> RightsRequestQuerySet:
    """Return the requests of one queue that a user sees, the most pressing first."""
    requests = requests_visible_to(user).select_related("post")
    if queue == "open":
        return requests.open().order_by("due_at", "pk")
    if queue == "locked":
        return requests.locking().order_by("asked_at", "pk")
    return requests.filter(state__in=[State.DONE, State.REFUSED]).order_by("-decided_at", "-pk")


def rows_of(user: StaffUser, requests: Iterable[RightsRequest]) -> list[RequestRow]:
    """Return requests as rows; three queries for them all."""
    asked = list(requests)
    names = {} if has_role(user, Role.DATA_PROTECTION) else _names(user, asked)
    return [
        RequestRow(
            id=each.pk,
            person_id=each.person_id,
            person=names.get(each.person_id, f"…{str(each.person_id)[-8:]}"),
            right=Right(each.right).label,
            purpose=each.purpose_code,
            way=Way(each.way).label,
            post=each.post.name_in() if each.post else "",
            asked_at=each.asked_at,
            due_at=each.due_at,
            is_late=each.is_late,
            is_open=each.state == State.OPEN,
            is_for_oversight=each.is_for_oversight,
            state=State(each.state).label,
            colour=_COLOURS[State(each.state)],
            ground=Ground(each.ground).label if each.ground else "",
        )
        for each in asked
    ]


def _names(user: StaffUser, asked: list[RightsRequest]) -> dict[UUID, str]:
    people = findable_by(user).filter(pk__in={each.person_id for each in asked})
    return {row.person_id: row.name for row in masked_rows(user, list(people))}
