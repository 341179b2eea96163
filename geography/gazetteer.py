"""Towns by name: 34,000 of them, from a file, so that no lookup leaves the house."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from geography.atlas import atlas
from geography.folding import folded
from geography.outlines import has_outline

_FILE: Final = Path(__file__).parent / "data" / "cities.tsv"
_BETWEEN: Final = re.compile(r"[\n,،;؛/()·–—]+|\s-\s")
# Postcodes beside a town are no part of its name.
_NUMBER: Final = re.compile(r"\S*\d\S*")


@dataclass(frozen=True, slots=True)
class City:
    """A town: area_code is empty where none is known; it reaches `metres` from its centre."""

    country_code: str
    area_code: str
    name: str
    latitude: float
    longitude: float
    metres: int


def city_named(text: str, country_code: str, area_code: str | None) -> City | None:
    """Return the one town that typed words name, None where there is none or more than one.

    Looked for are whole parts between commas, in any spelling or script, within the area when
    one is given: "Hamra, Beirut" is Beirut. A town in another area than the one given is
    none: the person knows better than the file.
    """
    names = _names_in(country_code)
    meant: set[City] = set()
    for part in _parts(text):
        found = {city for city in names.get(part, ()) if _may_lie_in(city, area_code)}
        by_own_name = {city for city in found if folded(city.name) == part}
        meant |= by_own_name or found
    return meant.pop() if len(meant) == 1 else None


def _parts(text: str) -> Iterator[str]:
    for part in _BETWEEN.split(text):
        whole = folded(part)
        if whole:
            yield whole
        bare = folded(_NUMBER.sub(" ", part))
        if bare and bare != whole:
            yield bare


def _may_lie_in(city: City, area_code: str | None) -> bool:
    if area_code is None or not city.area_code:
        return True
    if area_code in atlas().upwards(city.area_code):
        return True
    if city.area_code in atlas().upwards(area_code):
        # The area is a part of the one that the file names.
        return True
    return not has_outline(area_code)


@lru_cache(maxsize=64)
def _names_in(country_code: str) -> dict[str, tuple[City, ...]]:
    """Return the towns of a country by every folded name."""
    found: dict[str, tuple[City, ...]] = {}
    start = f"{country_code}\t"
    with _FILE.open(encoding="utf-8") as file:
        for line in file:
            if not line.startswith(start):
                continue
            country, area, name, latitude, longitude, metres, also = line.rstrip("\n").split("\t")
            city = City(country, area, name, float(latitude), float(longitude), int(metres))
            for spelling in {folded(name), *filter(None, also.split("|"))}:
                found[spelling] = (*found.get(spelling, ()), city)
    return found


def cities() -> Iterator[City]:
    """Yield every town, by country and name."""
    with _FILE.open(encoding="utf-8") as file:
        next(file)
        for line in file:
            country, area, name, latitude, longitude, metres, _ = line.rstrip("\n").split("\t")
            yield City(country, area, name, float(latitude), float(longitude), int(metres))
