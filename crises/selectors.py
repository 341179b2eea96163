"""What other apps ask about crises."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crises.models import AffectedArea, Crisis
from crises.places import Place, full_name, place_name
from geography.atlas import atlas
from geography.outlines import Touched, touched_by
from geography.selectors import area_name, country_name
from geography.shapes import Circle, Shape


@dataclass(frozen=True)
class NamedPlace:
    """A place on a crisis's list, with its names in the active language.

    place: None for a shape; its `country` is then every country it touches.
    """

    id: int
    place: Place | None
    name: str
    country: str
    is_excluded: bool

    @property
    def code(self) -> str:
        """ISO code: of the area, or of the country when all of it is meant; of a shape none."""
        return (self.place[1] or self.place[0]) if self.place else "–"

    @property
    def is_whole_country(self) -> bool:
        return self.place is not None and self.place[1] is None


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
    places = [_named(row) for row in crisis.areas.all()]
    return sorted(
        places,
        key=lambda one: (one.is_excluded, one.country, not one.is_whole_country, one.name),
    )


def affected_names(crisis: Crisis, language: str | None = None) -> list[str]:
    """Return the names of the affected places in a language, as a message would say them."""
    names: dict[str, None] = {}
    for row in crisis.areas.all():
        if row.is_excluded:
            continue
        if row.place:
            names[place_name(row.place, language)] = None
        elif row.drawn:
            names |= dict.fromkeys(_names_in(touched_by(row.drawn), language))
    return list(names)


def recognised_names(crisis: Crisis, language: str) -> set[str]:
    """Return every name by which a message can say where it is meant for.

    Of an affected area also its country; of a shape whatever it touches.
    """
    names = set(affected_names(crisis, language))
    for row in crisis.areas.all():
        if row.is_excluded:
            continue
        if row.place:
            names.add(country_name(row.place[0], language))
        elif row.drawn:
            touched = touched_by(row.drawn)
            names |= {area_name(code, language) for code in touched.areas}
            names |= {country_name(code, language) for code in touched.countries}
    return names


def affected_places_in_words(crisis: Crisis) -> str:
    """Return "Beirut, Lebanon; Türkiye" for a line in a list."""
    return "; ".join(
        full_name(row.place) if row.place else shape_name(row.drawn)
        for row in crisis.areas.all()
        if not row.is_excluded and (row.place or row.drawn)
    )


# A message that names more areas than this names countries instead.
_MOST_AREAS_SAID = 4


def _names_in(touched: Touched, language: str | None) -> list[str]:
    inner = sorted(
        code
        for code in touched.areas
        if touched.areas.isdisjoint(atlas().children_of.get(code, ()))
    )
    if inner and len(inner) <= _MOST_AREAS_SAID:
        return [area_name(code, language) for code in inner]
    return [country_name(code, language) for code in sorted(touched.countries)]


def _named(row: AffectedArea) -> NamedPlace:
    if row.place:
        name, country = place_name(row.place), country_name(row.place[0])
    else:
        drawn = row.drawn
        touched = touched_by(drawn).countries if drawn else frozenset()
        name = shape_name(drawn)
        country = ", ".join(sorted(country_name(code) for code in touched)) or "–"
    return NamedPlace(row.pk, row.place, name, country, row.is_excluded)


def shape_name(shape: Shape | None) -> str:
    """Return what a list calls a shape: its centre and radius, or its corners."""
    if isinstance(shape, Circle):
        return _("%(radius)s km around %(latitude)s, %(longitude)s") % {
            "radius": f"{shape.radius_km:g}",
            "latitude": f"{shape.latitude:.4f}",
            "longitude": f"{shape.longitude:.4f}",
        }
    corners = shape.corners if shape else 0
    return ngettext(
        "Drawn area with %(count)d corner", "Drawn area with %(count)d corners", corners
    ) % {"count": corners}
