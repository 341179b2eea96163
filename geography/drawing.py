"""Reading shapes from data and pasted text; what is read is whole and crosses itself nowhere."""

from __future__ import annotations

import json
import math
from typing import Any, Final

from geography.regions import region
from geography.shapes import (
    MOST_POSITIONS,
    MOST_RINGS,
    BadShape,
    Circle,
    Polygons,
    Position,
    Ring,
    Shape,
)

MOST_LETTERS: Final = 200_000
# Square degrees: less is a line or a point.
_LEAST_AREA: Final = 1e-8
# Seven decimals are a centimetre.
_DECIMALS: Final = 7
# The audit record holds a shape of so many corners whole, and the extent of any other.
_SHORT: Final = 50


def shape_from_data(data: object) -> Shape:
    """Read what `as_data` wrote, or any GeoJSON polygon. Raises BadShape."""
    match data:
        case {"type": "Circle", "centre": [longitude, latitude], "radius_km": radius}:
            return Circle(_number(longitude), _number(latitude), _number(radius))
        case {"type": "Feature", "geometry": dict() as geometry}:
            return shape_from_data(geometry)
        case {"type": "FeatureCollection", "features": [dict() as feature]}:
            return shape_from_data(feature)
        case {"type": "GeometryCollection", "geometries": [dict() as geometry]}:
            return shape_from_data(geometry)
        case {"type": "Polygon", "coordinates": list() as polygon}:
            return _checked(Polygons((_polygon(polygon),)))
        case {"type": "MultiPolygon", "coordinates": list() as polygons}:
            return _checked(Polygons(tuple(_polygon(polygon) for polygon in polygons)))
        case _:
            raise BadShape("not-a-shape")


def shape_from_text(text: str) -> Shape:
    """Read pasted GeoJSON. Raises BadShape."""
    if len(text) > MOST_LETTERS:
        raise BadShape("too-large")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise BadShape("not-json") from None
    try:
        return shape_from_data(data)
    except RecursionError:
        raise BadShape("not-a-shape") from None


def _checked(shape: Polygons) -> Polygons:
    # Crossing edges, holes outside, rings of no width: what only geometry can tell.
    if region(shape).area < _LEAST_AREA:
        raise BadShape("empty")
    return shape


def _polygon(rings: object) -> tuple[Ring, ...]:
    if not isinstance(rings, list) or len(rings) > MOST_RINGS:
        raise BadShape("not-a-shape")
    return tuple(_ring(ring) for ring in rings)


def _ring(positions: object) -> Ring:
    if not isinstance(positions, list):
        raise BadShape("not-a-shape")
    if len(positions) > MOST_POSITIONS:
        raise BadShape("too-large")
    return tuple(_position(position) for position in positions)


def _position(position: object) -> Position:
    match position:
        # A third number is a height, which means nothing here.
        case [longitude, latitude] | [longitude, latitude, _]:
            return round(_number(longitude), _DECIMALS), round(_number(latitude), _DECIMALS)
        case _:
            raise BadShape("not-a-shape")


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadShape("not-a-shape")
    try:
        number = float(value)
    except OverflowError:
        raise BadShape("off-the-map") from None
    if not math.isfinite(number):
        raise BadShape("off-the-map")
    return number


def summary(shape: Shape) -> dict[str, Any]:
    """Return the shape for the audit record: whole when it is short, its extent otherwise."""
    if isinstance(shape, Circle) or shape.corners <= _SHORT:
        return shape.as_data()
    return {
        "type": "MultiPolygon",
        "corners": shape.corners,
        "boxes": [[round(float(edge), 5) for edge in box] for box in region(shape).boxes],
    }
