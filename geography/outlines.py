"""Which areas and countries a shape touches, by their outlines.

Outlines are simplified by about two kilometres, so a shape is widened by more before it is
compared: whoever is just beyond a border is asked about too. An area without an outline of its
own goes by the areas inside it, then by the one around it, then by its country. An invented
country has none: no shape touches it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import shapely
from shapely.geometry.base import BaseGeometry

from geography.atlas import atlas
from geography.outline_codec import decoded
from geography.regions import region
from geography.shapes import Shape

_FILE: Final = Path(__file__).parent / "data" / "outlines.tsv"
# Degrees: more than twice what simplifying moved a border by.
_DOUBT: Final = 0.05


@dataclass(frozen=True)
class Touched:
    """Codes of countries and of areas, at every level, that have a part in a shape."""

    countries: frozenset[str]
    areas: frozenset[str]


class _Outlines:
    def __init__(self) -> None:
        lines = _FILE.read_text(encoding="utf-8").splitlines()[1:]
        rows = [line.split("\t") for line in lines]
        self.codes = [code for code, _ in rows]
        self.land = {code: decoded(rings) for code, rings in rows}
        self.tree = shapely.STRtree([self.land[code] for code in self.codes])

    def near(self, land: BaseGeometry, degrees: float) -> set[str]:
        """Return the codes of outlines within so many degrees."""
        found = self.tree.query(land, predicate="dwithin", distance=degrees)
        return {self.codes[at] for at in found}


@lru_cache(maxsize=1)
def _outlines() -> _Outlines:
    return _Outlines()


@lru_cache(maxsize=64)
def touched_by(shape: Shape) -> Touched:
    """Return what a shape touches, or may touch."""
    near = _outlines().near(region(shape).land, _DOUBT)
    countries = frozenset(code[:2] for code in near)
    return Touched(
        countries,
        frozenset(
            code
            for code in atlas().areas
            if code[:2] in countries and _has_part(code, frozenset(near))
        ),
    )


def _has_part(area_code: str, near: frozenset[str]) -> bool:
    known = _outlines().land
    inside = [code for code in atlas().inside(area_code) if code in known]
    if inside:
        return not near.isdisjoint(inside)
    around = next((code for code in atlas().upwards(area_code) if code in known), None)
    return around is None or around in near


@lru_cache(maxsize=64)
def areas_wholly_in(shape: Shape) -> frozenset[str]:
    """Return the areas that lie inside a shape with all their land, beyond doubt."""
    land = region(shape).land
    known = _outlines().land
    candidates = [code for code in touched_by(shape).areas if code in known]
    return frozenset(
        code for code in candidates if shapely.contains(land, shapely.buffer(known[code], _DOUBT))
    )


def lies_near(country_code: str, longitude: float, latitude: float, degrees: float) -> bool:
    """Tell whether a point is in a country or within so many degrees of it.

    True for a country without an outline: nothing speaks against it.
    """
    outlines = _outlines()
    if not any(code[:2] == country_code for code in outlines.codes):
        return True
    point = shapely.Point(longitude, latitude)
    return any(code[:2] == country_code for code in outlines.near(point, degrees))


def has_outline(area_code: str) -> bool:
    """Tell whether the area, or one inside it, has an outline of its own."""
    known = _outlines().land
    return any(code in known for code in atlas().inside(area_code))
