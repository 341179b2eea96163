"""All areas in memory: five thousand rows that change only with a new release.

Reading them once per process makes "what lies inside this area" and lists in any language cost
no query. What a deployment may change at run time (posts, invented countries) is never kept here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from geography.collation import sort_key
from geography.models import USER_ASSIGNED_CODE, Area, Country, named_in


class AreaName(NamedTuple):
    """An area as a list shows it. `parent_code` is the area it lies in, if any."""

    code: str
    name: str
    parent_code: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """A country or area with its names per language."""

    code: str
    parent_code: str | None
    names: dict[str, str]
    is_current: bool

    def name_in(self, language: str) -> str:
        return named_in(self.names, language, self.code)


@dataclass(slots=True)
class Atlas:
    """Countries under ISO's own codes, and all areas."""

    countries: dict[str, Place]
    areas: dict[str, Place]
    areas_of: dict[str, list[Place]] = field(default_factory=dict)
    children_of: dict[str, list[str]] = field(default_factory=dict)
    # Sorted lists, made when first asked for: per (country, language) and per language.
    sorted_areas: dict[tuple[str, str], list[AreaName]] = field(default_factory=dict)
    sorted_countries: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for code, area in self.areas.items():
            self.areas_of.setdefault(code[:2], []).append(area)
            if area.parent_code:
                self.children_of.setdefault(area.parent_code, []).append(code)

    def inside(self, area_code: str) -> set[str]:
        """Return the area's code and those of all areas inside it."""
        found, waiting = set(), [area_code]
        while waiting:
            code = waiting.pop()
            found.add(code)
            waiting.extend(self.children_of.get(code, ()))
        return found

    def upwards(self, area_code: str) -> list[str]:
        """Return the area's code, then the area it lies in, and so on outwards."""
        chain: list[str] = []
        code: str | None = area_code
        while code is not None and code not in chain:
            chain.append(code)
            place = self.areas.get(code)
            code = place.parent_code if place else None
        return chain

    def areas_in(self, country_code: str, language: str) -> list[AreaName]:
        """Return the areas that may be chosen: outermost by name, each followed by its parts."""
        key = (country_code, language)
        if key not in self.sorted_areas:
            named = [
                AreaName(area.code, area.name_in(language), area.parent_code)
                for area in self.areas_of.get(country_code, ())
                if area.is_current
            ]
            named.sort(key=lambda area: sort_key(area.name, language))
            self.sorted_areas[key] = _parts_after_whole(named)
        return self.sorted_areas[key]

    def countries_in(self, language: str) -> list[tuple[str, str]]:
        """Return (code, name) of the countries that may be chosen, unsorted."""
        if language not in self.sorted_countries:
            self.sorted_countries[language] = [
                (country.code, country.name_in(language))
                for country in self.countries.values()
                if country.is_current
            ]
        return self.sorted_countries[language]


def _parts_after_whole(areas: list[AreaName]) -> list[AreaName]:
    parts: dict[str | None, list[AreaName]] = {}
    offered = {area.code for area in areas}
    for area in areas:
        parts.setdefault(area.parent_code if area.parent_code in offered else None, []).append(area)

    def after(parent_code: str | None) -> list[AreaName]:
        return [one for area in parts.get(parent_code, ()) for one in (area, *after(area.code))]

    return after(None)


_kept: Atlas | None = None


def atlas() -> Atlas:
    """Return the atlas, read from the database on first use."""
    global _kept
    if _kept is None:
        read = _read()
        # Before the first migration there is nothing worth keeping.
        if not read.areas:
            return read
        _kept = read
    return _kept


def forget() -> None:
    """Read the atlas anew when it is next needed. For what loads places."""
    global _kept
    _kept = None


def _read() -> Atlas:
    countries = Country.objects.exclude(code__regex=USER_ASSIGNED_CODE)
    return Atlas(
        countries={
            code: Place(code, None, names, is_current)
            for code, names, is_current in countries.values_list("code", "names", "is_current")
        },
        areas={
            code: Place(code, parent_code, names, is_current)
            for code, parent_code, names, is_current in Area.objects.values_list(
                "code", "parent_id", "names", "is_current"
            )
        },
    )
