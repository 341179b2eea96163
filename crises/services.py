"""What people do with crises: open, raise or lower, name the places, close."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import has_role
from accounts.models import Role, StaffUser
from audit.recording import record
from crises.models import AffectedArea, Crisis, Level
from crises.places import Place, full_name, has_part, is_inside
from geography.drawing import summary
from geography.outlines import touched_by
from geography.regions import region
from geography.shapes import Shape

MOST_SHAPES = 20


class NotAllowed(Exception):
    """This person may not do that, or it can no longer be done."""


@dataclass(frozen=True)
class CrisisEntry:
    """What is decided when a crisis is opened. `is_exercise` can never be changed later."""

    title: str
    level: Level
    is_exercise: bool
    places: Sequence[Place] = ()


@dataclass(frozen=True)
class PeopleEstimate:
    """How many of our people others think are in the places, and who says so."""

    low: int
    high: int
    source: str


@transaction.atomic
def open_crisis(*, actor: StaffUser, entry: CrisisEntry) -> Crisis:
    """Open a crisis or an exercise. Raises NotAllowed."""
    _may_write(actor)
    crisis = Crisis.objects.create(
        title=entry.title, level=entry.level, is_exercise=entry.is_exercise, opened_by=actor
    )
    AffectedArea.objects.bulk_create(
        AffectedArea(crisis=crisis, country_id=country, area_id=area)
        for country, area in entry.places
    )
    record(
        actor.actor,
        "crises.opened",
        object_kind="crisis",
        object_id=crisis.pk,
        detail={
            "level": int(entry.level),
            "is_exercise": entry.is_exercise,
            "places": _codes(entry.places),
        },
    )
    return crisis


@transaction.atomic
def change_level(*, actor: StaffUser, crisis: Crisis, level: Level) -> None:
    """Raise or lower a crisis. Raises NotAllowed."""
    held = _held(actor, crisis)
    before, held.level = held.level, level
    held.save(update_fields=["level"])
    record(
        actor.actor,
        "crises.level-changed",
        object_kind="crisis",
        object_id=held.pk,
        detail={"from": int(before), "to": int(level)},
    )


@transaction.atomic
def name_places(
    *, actor: StaffUser, crisis: Crisis, places: Sequence[Place], is_excluded: bool
) -> None:
    """Add affected places, or places to leave out; one that is there already changes sides.

    Raises NotAllowed, and ValidationError for a place to leave out that is not inside
    an affected one: leaving it out would do nothing, and that must not look like something.
    """
    held = _held(actor, crisis)
    if is_excluded:
        _check_exclusions(held, places)
    AffectedArea.objects.filter(
        pk__in=[row.pk for row in held.areas.all() if row.place in set(places)]
    ).delete()
    AffectedArea.objects.bulk_create(
        AffectedArea(crisis=held, country_id=country, area_id=area, is_excluded=is_excluded)
        for country, area in dict.fromkeys(places)
    )
    record(
        actor.actor,
        "crises.places-left-out" if is_excluded else "crises.places-added",
        object_kind="crisis",
        object_id=held.pk,
        detail={"places": _codes(places)},
    )


def _check_exclusions(crisis: Crisis, places: Sequence[Place]) -> None:
    rows = [row for row in crisis.areas.all() if not row.is_excluded]
    affected = [row.place for row in rows if row.place]
    drawn = [touched_by(row.drawn) for row in rows if row.drawn]
    outside = [
        place
        for place in places
        if not any(is_inside(place, other) and place != other for other in affected)
        and not any(has_part(place, touched) for touched in drawn)
    ]
    if outside:
        raise ValidationError(
            [
                _("%(place)s is not a part of an affected place, so it is left out already.")
                % {"place": full_name(place)}
                for place in outside
            ]
        )


@transaction.atomic
def draw_shape(*, actor: StaffUser, crisis: Crisis, shape: Shape, is_excluded: bool) -> None:
    """Add a drawn shape: affected, or to leave out.

    Raises NotAllowed, and ValidationError when there are too many shapes already, or for one to
    leave out that touches nothing affected.
    """
    held = _held(actor, crisis)
    rows = list(held.areas.all())
    if sum(row.shape is not None for row in rows) >= MOST_SHAPES:
        raise ValidationError(_("There are too many drawn areas. Remove one first."))
    if is_excluded and not any(_meets(shape, row) for row in rows if not row.is_excluded):
        raise ValidationError(_("This area touches no affected place, so it is left out already."))
    AffectedArea.objects.create(crisis=held, shape=shape.as_data(), is_excluded=is_excluded)
    record(
        actor.actor,
        "crises.shape-left-out" if is_excluded else "crises.shape-added",
        object_kind="crisis",
        object_id=held.pk,
        detail=_drawn(shape),
    )


def _meets(shape: Shape, row: AffectedArea) -> bool:
    if row.place is not None:
        return has_part(row.place, touched_by(shape))
    return row.drawn is not None and region(shape).touches(region(row.drawn).land)


def _drawn(shape: Shape | None) -> dict[str, Any]:
    return {"shape": summary(shape)} if shape else {}


@transaction.atomic
def remove_place(*, actor: StaffUser, crisis: Crisis, place_id: int) -> None:
    """Take a place off a crisis's list, whichever side it is on. Raises NotAllowed."""
    held = _held(actor, crisis)
    row = held.areas.filter(pk=place_id).first()
    if row is None:
        return
    row.delete()
    record(
        actor.actor,
        "crises.place-removed",
        object_kind="crisis",
        object_id=held.pk,
        detail={"places": _codes([row.place])} if row.place else _drawn(row.drawn),
    )


@transaction.atomic
def note_estimate(*, actor: StaffUser, crisis: Crisis, estimate: PeopleEstimate | None) -> None:
    """Keep, or forget, what others think how many of our people are there. Raises NotAllowed."""
    held = _held(actor, crisis)
    held.people_low = estimate.low if estimate else None
    held.people_high = estimate.high if estimate else None
    held.people_source = estimate.source if estimate else ""
    held.save(update_fields=["people_low", "people_high", "people_source"])
    record(
        actor.actor,
        "crises.estimate-noted",
        object_kind="crisis",
        object_id=held.pk,
        detail={"low": held.people_low, "high": held.people_high},
    )


@transaction.atomic
def promise_update(*, actor: StaffUser, crisis: Crisis, at: datetime.datetime | None) -> None:
    """Say when people will hear more, or take the promise back. Raises NotAllowed."""
    held = _held(actor, crisis)
    held.next_update_at = at
    held.save(update_fields=["next_update_at"])
    record(
        actor.actor,
        "crises.update-promised",
        object_kind="crisis",
        object_id=held.pk,
        detail={"at": at.isoformat() if at else ""},
    )


@transaction.atomic
def close_crisis(*, actor: StaffUser, crisis: Crisis) -> None:
    """Close a crisis: nothing about it changes any more. Raises NotAllowed.

    Whether messages are still on their way is asked where messages are known:
    notifications.services.correcting.end_crisis.
    """
    held = _held(actor, crisis)
    held.closed_at = timezone.now()
    held.save(update_fields=["closed_at"])
    record(actor.actor, "crises.closed", object_kind="crisis", object_id=held.pk)


def _may_write(actor: StaffUser) -> None:
    if not has_role(actor, Role.AUTHOR):
        raise NotAllowed


def _held(actor: StaffUser, crisis: Crisis) -> Crisis:
    """Return the open crisis, locked: two people changing places at once see each other's."""
    _may_write(actor)
    held = Crisis.objects.select_for_update().get(pk=crisis.pk)
    if held.closed_at is not None:
        raise NotAllowed
    return held


def _codes(places: Sequence[Place]) -> list[str]:
    return [area or country for country, area in places]
