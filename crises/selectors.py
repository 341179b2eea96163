"""What other apps ask about crises."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from crises.models import Crisis
from crises.places import Place, full_name, place_name
from geography.selectors import country_name


@dataclass(frozen=True)
class NamedPlace:
    """A place on a crisis's list, with its names in the active language."""

    id: int
    place: Place
    name: str
    country: str
    is_excluded: bool

    @property
    def code(self) -> str:
        """ISO code: of the area, or of the country when all of it is meant."""
        return self.place[1] or self.place[0]

    @property
    def is_whole_country(self) -> bool:
        return self.place[1] is None


@dataclass(frozen=True)
class CrisisLists:
    """All crises by what they are: real and open, exercises and open, and closed ones."""

    real: list[Crisis]
    exercises: list[Crisis]
    closed: list[Crisis]


# How many closed ones the list shows.
_CLOSED_SHOWN = 50


def crises_by_kind() -> CrisisLists:
    """Return the crises for the list page, the newest first, places loaded with them."""
    crises = Crisis.objects.prefetch_related("areas")
    standing = list(crises.is_open())
    return CrisisLists(
        [crisis for crisis in standing if not crisis.is_exercise],
        [crisis for crisis in standing if crisis.is_exercise],
        list(crises.filter(closed_at__isnull=False).order_by("-closed_at")[:_CLOSED_SHOWN]),
    )


def crisis_by_id(public_id: UUID) -> Crisis | None:
    """Return one crisis, places loaded with it."""
    return Crisis.objects.prefetch_related("areas").filter(public_id=public_id).first()


def named_places(crisis: Crisis) -> list[NamedPlace]:
    """Return a crisis's places, affected ones first, by country and name."""
    places = [
        NamedPlace(
            row.pk,
            (row.country_id, row.area_id),
            place_name((row.country_id, row.area_id)),
            country_name(row.country_id),
            row.is_excluded,
        )
        for row in crisis.areas.all()
    ]
    return sorted(
        places,
        key=lambda one: (one.is_excluded, one.country, not one.is_whole_country, one.name),
    )


def affected_names(crisis: Crisis, language: str | None = None) -> list[str]:
    """Return the names of the affected places in a language, as a message would say them."""
    return [
        place_name((row.country_id, row.area_id), language)
        for row in crisis.areas.all()
        if not row.is_excluded
    ]


def affected_places_in_words(crisis: Crisis) -> str:
    """Return "Beirut, Lebanon; Türkiye" for a line in a list."""
    return "; ".join(
        full_name((row.country_id, row.area_id))
        for row in crisis.areas.all()
        if not row.is_excluded
    )
