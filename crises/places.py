"""Places a crisis names: their type, and reading them from what somebody typed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from geography.atlas import atlas
from geography.folding import folded
from geography.models import Country
from geography.outlines import Touched
from geography.selectors import area_name, country_name

# (country code, ISO 3166-2 area code or None for the whole country)
Place = tuple[str, str | None]

# More candidates than this say only that the name is no good.
_MOST_NAMED = 6


def place_name(place: Place, language: str | None = None) -> str:
    """Return the place's name in a language (default: the active one), the area's if it has one."""
    country_code, area_code = place
    return area_name(area_code, language) if area_code else country_name(country_code, language)


def full_name(place: Place, language: str | None = None) -> str:
    """Return "Beirut, Lebanon" for an area, "Lebanon" for a country."""
    country_code, area_code = place
    country = country_name(country_code, language)
    if area_code is None:
        return country
    return _("%(area)s, %(country)s") % {
        "area": area_name(area_code, language),
        "country": country,
    }


def is_inside(inner: Place, outer: Place) -> bool:
    """Tell whether a place is another one or a part of it."""
    if inner[0] != outer[0]:
        return False
    if outer[1] is None:
        return True
    return inner[1] is not None and outer[1] in atlas().upwards(inner[1])


def has_part(place: Place, touched: Touched) -> bool:
    """Tell whether a country or area has a part in a shape, by what the shape touches."""
    country_code, area_code = place
    return area_code in touched.areas if area_code else country_code in touched.countries


@dataclass(frozen=True)
class _Names:
    """What every folded name and code stands for."""

    places: dict[str, set[Place]]

    @classmethod
    def of_the_world(cls) -> _Names:
        found: dict[str, set[Place]] = {}

        def put(place: Place, code: str, names: Iterable[str]) -> None:
            for name in (code, *names):
                found.setdefault(folded(name), set()).add(place)

        for code, country in atlas().countries.items():
            if country.is_current:
                put((code, None), code, country.names.values())
        for own in Country.objects.current().user_assigned():
            put((own.code, None), own.code, own.names.values())
        for code, area in atlas().areas.items():
            if area.is_current:
                put((code[:2], code), code, area.names.values())
        return cls(found)


def read_places(text: str) -> list[Place]:
    """Return the places named in typed text: names in any of our languages, or codes.

    Names stand on lines of their own or between commas or semicolons. A country right after
    a place in it says which place is meant: "Beirut, Lebanon" is Beirut and not all of
    Lebanon. Raises ValidationError with one sentence per name it cannot tell.
    """
    names = _Names.of_the_world().places
    places: list[Place] = []
    wrong: list[str] = []
    for entry in re.split(r"[\n;؛]+", text):
        typed = [name.strip() for name in re.split(r"[,،]+", entry) if folded(name)]
        found = [_meant(name, names) for name in typed]
        position = 0
        while position < len(typed):
            candidates = found[position]
            if position + 1 < len(typed):
                inside = _inside(candidates, found[position + 1])
                if inside:
                    candidates = inside
                    position += 1
            if len(candidates) == 1:
                places += [place for place in candidates if place not in places]
            else:
                wrong.append(_refusal(typed[position], candidates))
            position += 1
    if wrong:
        raise ValidationError(wrong)
    return places


def _meant(typed: str, names: dict[str, set[Place]]) -> set[Place]:
    found = names.get(folded(typed), set())
    # A code typed as a code means exactly that, whatever is also called so.
    return {place for place in found if (place[1] or place[0]) == typed.upper()} or found


def _inside(candidates: set[Place], following: set[Place]) -> set[Place]:
    """Return the areas among the candidates that lie in the country named after them."""
    countries = {country for country, area in following if area is None}
    return {(country, area) for country, area in candidates if area and country in countries}


def _refusal(typed: str, candidates: set[Place]) -> str:
    if candidates:
        return _("“%(name)s” can be several places. Type one of these codes: %(places)s.") % {
            "name": typed,
            "places": _listed(candidates),
        }
    return _("We do not know the place “%(name)s”. Check the spelling, or type its code.") % {
        "name": typed[:60]
    }


def _listed(places: set[Place]) -> str:
    ordered = sorted(places, key=lambda place: (place[1] is not None, place[1] or place[0]))
    shown = [f"{area or country} ({full_name((country, area))})" for country, area in ordered]
    more = ", …" if len(shown) > _MOST_NAMED else ""
    return ", ".join(shown[:_MOST_NAMED]) + more
