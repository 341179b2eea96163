"""Shapes drawn on the map: circles and polygons, checked, and kept as GeoJSON.

Positions are (longitude, latitude) in degrees, WGS 84. The edges of a polygon are straight lines
between its corners on a map of plain longitudes and latitudes, as GeoJSON (RFC 7946) has it; a
circle is round on the globe, a sphere of 6371.0088 km. An edge never goes the long way round
the world, so a ring from 170 to -170 crosses the 180th meridian, and a ring that goes once round
the world encloses the pole on its side of the equator. A border belongs to its shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

Position = tuple[float, float]
Ring = tuple[Position, ...]

MOST_POSITIONS: Final = 2000
MOST_RINGS: Final = 100
SMALLEST_RADIUS_KM: Final = 0.1
LARGEST_RADIUS_KM: Final = 3000.0


class BadShape(ValueError):
    """No shape: `code` says why (not-json, not-a-shape, too-large, open-ring, crossing …)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Circle:
    """Everything within `radius_km` of a centre."""

    longitude: float
    latitude: float
    radius_km: float

    def __post_init__(self) -> None:
        _check_position(self.longitude, self.latitude)
        if not SMALLEST_RADIUS_KM <= self.radius_km <= LARGEST_RADIUS_KM:
            raise BadShape("radius")

    def as_data(self) -> dict[str, Any]:
        """Return the circle as JSON data; GeoJSON itself has none."""
        return {
            "type": "Circle",
            "centre": [self.longitude, self.latitude],
            "radius_km": self.radius_km,
        }


@dataclass(frozen=True)
class Polygons:
    """One polygon or several: of each the outer ring, then its holes."""

    polygons: tuple[tuple[Ring, ...], ...]

    def __post_init__(self) -> None:
        rings = [ring for polygon in self.polygons for ring in polygon]
        if not rings or not all(self.polygons):
            raise BadShape("empty")
        if len(rings) > MOST_RINGS or sum(map(len, rings)) > MOST_POSITIONS:
            raise BadShape("too-large")
        for ring in rings:
            for longitude, latitude in ring:
                _check_position(longitude, latitude, furthest=360)
            if len(ring) < 4 or ring[0] != ring[-1]:
                raise BadShape("open-ring")

    @property
    def corners(self) -> int:
        """How many corners all rings have together."""
        return sum(len(ring) - 1 for polygon in self.polygons for ring in polygon)

    def as_data(self) -> dict[str, Any]:
        """Return the polygons as GeoJSON."""
        return {
            "type": "MultiPolygon",
            "coordinates": [
                [[list(position) for position in ring] for ring in polygon]
                for polygon in self.polygons
            ],
        }


Shape = Circle | Polygons


def _check_position(longitude: float, latitude: float, furthest: float = 180) -> None:
    if not (-furthest <= longitude <= furthest and -90 <= latitude <= 90):
        raise BadShape("off-the-map")


def unwrapped(ring: Sequence[Position]) -> list[Position]:
    """Return a ring whose edges go the short way: longitudes may leave -180 to 180."""
    found = [ring[0]]
    for longitude, latitude in ring[1:]:
        before = found[-1][0]
        found.append((before + (longitude - before + 180) % 360 - 180, latitude))
    return found
