"""Shapes as geometry: what lies inside, what touches, how far away the rest is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from geography.shapes import BadShape, Circle, Polygons, Ring, Shape, unwrapped

Degrees = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
# West, south, east, north in degrees; west < east always.
Box = tuple[float, float, float, float]

EARTH_METRES: Final = 6_371_008.8
METRES_PER_DEGREE: Final = EARTH_METRES * math.pi / 180
_CIRCLE_CORNERS: Final = 128
_WORLD: Final = shapely.box(-180, -90, 180, 90)


def metres_between(
    longitude: Degrees | float, latitude: Degrees | float, others: Degrees, latitudes: Degrees
) -> Degrees:
    """Return great-circle distances in metres (haversine)."""
    here, there = np.radians(latitude), np.radians(latitudes)
    across = np.sin(np.radians(others - longitude) / 2) ** 2
    along = np.sin((there - here) / 2) ** 2
    whole = along + np.cos(here) * np.cos(there) * across
    found: Degrees = 2 * EARTH_METRES * np.arcsin(np.sqrt(np.minimum(whole, 1)))
    return found


@dataclass(frozen=True)
class Region:
    """A shape ready to be asked. `land` lies within -180 to 180; a circle's land holds it whole."""

    shape: Shape
    land: BaseGeometry

    @property
    def area(self) -> float:
        """Square degrees."""
        return float(self.land.area)

    @cached_property
    def boxes(self) -> list[Box]:
        """Boxes that hold all of it, one on each side of the 180th meridian."""
        bounds = self.land.bounds
        if bounds[0] > -180 or bounds[2] < 180:
            return [bounds]
        west = shapely.intersection(self.land, shapely.box(-180, -90, 0, 90))
        if west.is_empty:
            return [bounds]
        east = shapely.intersection(self.land, shapely.box(0, -90, 180, 90))
        return [west.bounds, east.bounds] if not east.is_empty else [west.bounds]

    def boxes_within(self, metres: float) -> list[Box]:
        """Boxes that hold everything as near as `metres`."""
        if metres <= 0:
            return self.boxes
        return [box for one in self.boxes for box in _widened(one, metres)]

    def holds(self, longitudes: Degrees, latitudes: Degrees) -> Flags:
        """Tell for each point whether it lies inside or on the border."""
        if isinstance(self.shape, Circle):
            circle = self.shape
            far = metres_between(circle.longitude, circle.latitude, longitudes, latitudes)
            inside: Flags = far <= circle.radius_km * 1000
            return inside
        shapely.prepare(self.land)
        found: Flags = shapely.intersects_xy(self.land, longitudes, latitudes)
        return found

    def metres_from_border(self, longitudes: Degrees, latitudes: Degrees) -> Degrees:
        """Return how far each point is from the border, on either side of it.

        The nearest border point of a polygon is sought on a map that keeps distances near the
        point, and the distance to it measured on the globe: never too short, and too long by
        about one in a hundred within 100 km.
        """
        if isinstance(self.shape, Circle):
            circle = self.shape
            far = metres_between(circle.longitude, circle.latitude, longitudes, latitudes)
            return np.abs(far - circle.radius_km * 1000)
        border = shapely.boundary(self.land)
        away = np.full(len(longitudes), np.inf)
        bands = np.floor(latitudes)
        for band in np.unique(bands):
            here = np.flatnonzero(bands == band)
            wide = max(math.cos(math.radians(float(band) + 0.5)), 1e-3)
            away[here] = _metres_to(border, longitudes[here], latitudes[here], wide)
        return away

    def touches(self, other: BaseGeometry, within: float = 0) -> bool:
        """Tell whether it comes within so many degrees of other land."""
        return bool(shapely.dwithin(self.land, other, within))


def _metres_to(
    border: BaseGeometry, longitudes: Degrees, latitudes: Degrees, wide: float
) -> Degrees:
    nearest = np.full(len(longitudes), np.inf)
    squeezed = shapely.transform(border, lambda xy: xy * (wide, 1))
    shapely.prepare(squeezed)
    # Seen from beyond the 180th meridian the same land lies a whole turn away.
    for turn in (0, 360, -360):
        points = shapely.points((longitudes + turn) * wide, latitudes)
        ends = shapely.get_coordinates(shapely.shortest_line(points, squeezed))[1::2]
        far = metres_between(longitudes, latitudes, ends[:, 0] / wide, ends[:, 1])
        nearest = np.minimum(nearest, far)
    return nearest


def _widened(box: Box, metres: float) -> list[Box]:
    west, south, east, north = box
    south -= metres / METRES_PER_DEGREE * 1.01
    north += metres / METRES_PER_DEGREE * 1.01
    furthest = max(abs(south), abs(north))
    if furthest >= 89:
        return [(-180, max(south, -90), 180, min(north, 90))]
    by = metres / METRES_PER_DEGREE / math.cos(math.radians(furthest)) * 1.01
    west, east = west - by, east + by
    if east - west >= 360:
        return [(-180, south, 180, north)]
    if west < -180:
        return [(-180, south, east, north), (west + 360, south, 180, north)]
    if east > 180:
        return [(west, south, 180, north), (-180, south, east - 360, north)]
    return [(west, south, east, north)]


@lru_cache(maxsize=64)
def region(shape: Shape) -> Region:
    """Return a shape as geometry. Raises BadShape (crossing)."""
    if isinstance(shape, Circle):
        return Region(shape, _round(shape, is_inner=False))
    return Region(shape, _land(shape))


def inner_land(shape: Shape) -> BaseGeometry:
    """Return land that certainly lies inside: a polygon itself, or one inscribed in a circle."""
    return _round(shape, is_inner=True) if isinstance(shape, Circle) else region(shape).land


def _land(shape: Polygons) -> BaseGeometry:
    flat = [_flat(polygon) for polygon in shape.polygons]
    for one in flat:
        if not one.is_valid:
            raise BadShape("crossing")
    try:
        return on_the_map(flat[0] if len(flat) == 1 else shapely.union_all(flat))
    except shapely.errors.GEOSException:
        raise BadShape("crossing") from None


def _flat(rings: tuple[Ring, ...]) -> BaseGeometry:
    outer = _closed(rings[0])
    middle = sum(x for x, _ in outer) / len(outer)
    holes = []
    for ring in rings[1:]:
        hole = _closed(ring)
        # A hole typed on the other side of the 180th meridian belongs to the same turn.
        turn = 360 * round((middle - sum(x for x, _ in hole) / len(hole)) / 360)
        holes.append([(x + turn, y) for x, y in hole])
    return shapely.Polygon(outer, holes)


def _closed(ring: Ring) -> list[tuple[float, float]]:
    path = unwrapped(ring)
    turned = path[-1][0] - path[0][0]
    if abs(turned) < 180:
        return path
    # Once round the world: over the pole and back.
    pole = math.copysign(90, sum(latitude for _, latitude in path))
    return [*path, (path[-1][0], pole), (path[0][0], pole), path[0]]


def on_the_map(land: BaseGeometry) -> BaseGeometry:
    """Return land that reaches beyond the 180th meridian as it lies within -180 to 180."""
    west, _, east, _ = land.bounds
    if west >= -180 and east <= 180:
        return land
    turns = range(-2, 3)
    return shapely.union_all(
        [
            shapely.intersection(
                shapely.transform(land, lambda xy, by=by: xy + np.array((360 * by, 0))), _WORLD
            )
            for by in turns
        ]
    )


def _round(circle: Circle, *, is_inner: bool) -> BaseGeometry:
    """Return a polygon around a circle, or inside it, as a map of plain degrees shows it."""
    radius = circle.radius_km * 1000 / EARTH_METRES
    # Edges bulge on the map; a hundredth more than a flat circle needs covers that too.
    radius *= 0.99 if is_inner else 1.01 / math.cos(math.pi / _CIRCLE_CORNERS)
    latitude = math.radians(circle.latitude)
    bearing = np.linspace(0, 2 * math.pi, _CIRCLE_CORNERS, endpoint=False)
    sines = math.sin(latitude) * math.cos(radius) + math.cos(latitude) * math.sin(radius) * np.cos(
        bearing
    )
    latitudes = np.degrees(np.arcsin(np.clip(sines, -1, 1)))
    longitudes = circle.longitude + np.degrees(
        np.arctan2(
            np.sin(bearing) * math.sin(radius) * math.cos(latitude),
            math.cos(radius) - math.sin(latitude) * sines,
        )
    )
    north, south = latitude + radius, latitude - radius
    if north < math.pi / 2 and south > -math.pi / 2:
        ring = [(float(x), float(y)) for x, y in zip(longitudes, latitudes, strict=True)]
        return on_the_map(shapely.Polygon(ring))
    return _polar(latitudes, math.degrees(north), math.degrees(south), is_inner=is_inner)


def _polar(latitudes: Degrees, north: float, south: float, *, is_inner: bool) -> BaseGeometry:
    """Return the land of a circle that holds a pole: whole parallels up to it."""
    is_north = north >= 90
    if is_inner:
        # As far as the circle reaches beyond the pole, every parallel lies inside.
        edge = 180 - north if is_north else -180 - south
    else:
        edge = float(np.min(latitudes) if is_north else np.max(latitudes))
    low, high = (edge, 90.0) if is_north else (-90.0, edge)
    return shapely.box(-180, low, 180, high) if low < high else shapely.Polygon()
