"""Where exactly somebody is, when their words say so: a town we know, or coordinates."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from geography.gazetteer import city_named
from geography.outlines import lies_near
from geography.regions import METRES_PER_DEGREE

# No telephone knows better.
_LEAST_METRES: Final = 50
_MOST_METRES: Final = 30_000
# A place at sea or across a river still counts as in the country.
_NEAR_COUNTRY: Final = 0.5

_ANGLE = r"""
    (?P<{0}before>[NSEWO]?)\s*
    (?P<{0}sign>[-+−]?)(?P<{0}degrees>\d{{1,3}}(?:[.٫]\d+)?)\s*°?\s*
    (?:(?P<{0}minutes>\d{{1,2}}(?:[.٫]\d+)?)\s*['′’]\s*)?
    (?:(?P<{0}seconds>\d{{1,2}}(?:[.٫]\d+)?)\s*(?:"|″|”|''|′′)\s*)?
    (?P<{0}after>[NSEWO]?)"""
_PAIR: Final = re.compile(
    rf"(?:geo:)?\s*{_ANGLE.format('a')}\s*[,،;\s]\s*{_ANGLE.format('b')}",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ExactPosition:
    """A point in degrees (WGS 84), true to within `metres`."""

    latitude: float
    longitude: float
    metres: int

    def as_data(self) -> dict[str, Any]:
        """Return the position as it is sealed."""
        return {"lat": self.latitude, "lon": self.longitude, "m": self.metres}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> ExactPosition:
        """Undo `as_data`."""
        return cls(float(data["lat"]), float(data["lon"]), int(data["m"]))


def position_of(text: str, country_code: str, area_code: str | None) -> ExactPosition | None:
    """Return the position that the words for a place give, None where they give none.

    Coordinates count when they lie in the country or near it; else one of them is mistyped,
    and a wrong position is worse than none. A town counts when it can be only one.
    """
    if not text.strip():
        return None
    typed = read_coordinates(text)
    if typed is not None:
        is_there = lies_near(country_code, typed.longitude, typed.latitude, _NEAR_COUNTRY)
        return typed if is_there else None
    city = city_named(text, country_code, area_code)
    return ExactPosition(city.latitude, city.longitude, city.metres) if city else None


def read_coordinates(text: str) -> ExactPosition | None:
    """Read "33.8938, 35.5018", 33°53'37.7"N 35°30'06"E and the like, in any digits.

    Latitude first, unless letters say otherwise. As many metres as the last digit leaves open.
    """
    plain = "".join(
        str(unicodedata.decimal(letter)) if letter.isdecimal() else letter
        for letter in text.strip()
    )
    match = _PAIR.fullmatch(plain)
    if match is None:
        return None
    first, second = (_angle(match, side) for side in "ab")
    if first is None or second is None:
        return None
    if first.axis == "lon" or second.axis == "lat":
        first, second = second, first
    if first.axis == "lon" or second.axis == "lat" or (first.axis is None) != (second.axis is None):
        return None
    if abs(first.degrees) > 90 or abs(second.degrees) > 180:
        return None
    open_metres = max(first.step, second.step) / 2 * METRES_PER_DEGREE
    metres = min(max(_LEAST_METRES, round(open_metres)), _MOST_METRES)
    return ExactPosition(round(first.degrees, 6), round(second.degrees, 6), metres)


@dataclass(frozen=True, slots=True)
class _Angle:
    degrees: float
    step: float
    axis: str | None


def _angle(match: re.Match[str], side: str) -> _Angle | None:
    part = {key[1:]: value or "" for key, value in match.groupdict().items() if key[0] == side}
    letter = (part["before"] or part["after"]).upper()
    if part["before"] and part["after"]:
        return None
    total, step = 0.0, 1.0
    for key, share in (("degrees", 1), ("minutes", 60), ("seconds", 3600)):
        number = part[key].replace("٫", ".")
        if not number:
            continue
        if key != "degrees" and float(number) >= 60:
            return None
        total += float(number) / share
        step = 10.0 ** -len(number.partition(".")[2]) / share
    # A bare "12 34" is a house number as likely as anything.
    if step > 0.011 and not (letter or part["minutes"]):
        return None
    is_minus = part["sign"] in ("-", "−")
    if letter and is_minus:
        return None
    if is_minus or letter in ("S", "W", "O"):
        total = -total
    axis = {"N": "lat", "S": "lat", "E": "lon", "W": "lon", "O": "lon"}.get(letter)
    return _Angle(total, step, axis)
