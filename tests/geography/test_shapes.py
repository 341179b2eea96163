"""Shapes as they are read, refused and laid on the map."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geography.drawing import shape_from_data, shape_from_text, summary
from geography.regions import METRES_PER_DEGREE, inner_land, metres_between, region
from geography.shapes import BadShape, Circle, Polygons, Shape


def square(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def polygon(*rings: list[list[float]]) -> Shape:
    return shape_from_data({"type": "Polygon", "coordinates": list(rings)})


def holds(shape: Shape, longitude: float, latitude: float) -> bool:
    return bool(region(shape).holds(np.array([longitude]), np.array([latitude]))[0])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[[[", "not-json"),
        ("[" * 100_000, "not-json"),
        ('{"type": "Point", "coordinates": [1, 2]}', "not-a-shape"),
        ('{"type": "Polygon", "coordinates": []}', "empty"),
        ('{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}', "open-ring"),
        ('{"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]]}', "open-ring"),
        ('{"type": "Polygon", "coordinates": [[[0,0],[1,1],[1,0],[0,1],[0,0]]]}', "crossing"),
        ('{"type": "Polygon", "coordinates": [[[0,0],[1,0],[2,0],[0,0]]]}', "crossing"),
        ('{"type": "Polygon", "coordinates": [[[0,0],[1,1e308],[1,0],[0,0]]]}', "off-the-map"),
        ('{"type": "Polygon", "coordinates": [[[0,0],[1,NaN],[1,0],[0,0]]]}', "off-the-map"),
        ('{"type": "Polygon", "coordinates": [[["0",0],[1,1],[1,0],["0",0]]]}', "not-a-shape"),
        ('{"type": "Polygon", "coordinates": [[[true,0],[1,1],[1,0],[true,0]]]}', "not-a-shape"),
        ('{"type": "Circle", "centre": [0, 0], "radius_km": 0}', "radius"),
        ('{"type": "Circle", "centre": [0, 0], "radius_km": 1e9}', "radius"),
        ('{"type": "Circle", "centre": [0, 91], "radius_km": 5}', "off-the-map"),
        (" " * 200_001, "too-large"),
    ],
)
def test_what_is_no_shape_is_refused_with_a_reason(text: str, code: str) -> None:
    with pytest.raises(BadShape) as refused:
        shape_from_text(text)
    assert refused.value.code == code


def test_a_hole_outside_its_polygon_is_refused() -> None:
    with pytest.raises(BadShape):
        polygon(square(0, 0, 1, 1), square(5, 5, 6, 6))


def test_too_many_corners_are_refused() -> None:
    ring = [
        [10 * math.cos(turn), 10 * math.sin(turn)] for turn in np.linspace(0, 2 * math.pi, 2500)
    ]
    with pytest.raises(BadShape, match="too-large"):
        polygon([*ring[:-1], ring[0]])


def test_data_and_shape_are_each_other() -> None:
    drawn = polygon(square(0, 0, 4, 4), square(1, 1, 2, 2))
    circle = Circle(35.5, 33.9, 12.5)
    for shape in (drawn, circle):
        assert shape_from_text(json.dumps(shape.as_data())) == shape
    feature = {"type": "Feature", "properties": {}, "geometry": drawn.as_data()}
    assert shape_from_data(feature) == drawn
    assert shape_from_data({"type": "FeatureCollection", "features": [feature]}) == drawn


def test_a_hole_is_not_in_and_a_border_is() -> None:
    drawn = polygon(square(0, 0, 4, 4), square(1, 1, 2, 2))
    assert holds(drawn, 3, 3)
    assert not holds(drawn, 1.5, 1.5)
    assert holds(drawn, 0, 2)
    assert holds(drawn, 1, 1.5)


def test_a_ring_over_the_180th_meridian_holds_both_sides_and_not_the_rest() -> None:
    for ring in (
        square(170, -10, -170, 10),
        square(170, -10, 190, 10),
        square(-190, -10, -170, 10),
    ):
        drawn = polygon(ring)
        assert holds(drawn, 175, 0)
        assert holds(drawn, -175, 0)
        assert not holds(drawn, 0, 0)
        assert not holds(drawn, 165, 0)
        assert len(region(drawn).boxes) == 2


def test_a_ring_round_the_world_holds_its_pole() -> None:
    north = polygon([[0, 70], [90, 70], [180, 70], [-90, 70], [0, 70]])
    assert holds(north, 45, 89)
    assert holds(north, -120, 71)
    assert not holds(north, 10, 60)
    south = polygon([[0, -70], [90, -70], [180, -70], [-90, -70], [0, -70]])
    assert holds(south, 45, -89)
    assert not holds(south, 45, 89)


def test_a_circle_over_a_pole_or_the_180th_meridian_is_round() -> None:
    for circle in (Circle(10, 89, 500), Circle(-179.9, -16, 80), Circle(100, -88, 900)):
        chance = np.random.default_rng(1)
        longitudes = chance.uniform(-180, 180, 4000)
        latitudes = np.clip(circle.latitude + chance.normal(0, 4, 4000), -90, 90)
        far = metres_between(circle.longitude, circle.latitude, longitudes, latitudes)
        inside = region(circle).holds(longitudes, latitudes)
        assert (inside == (far <= 1000 * circle.radius_km)).all()
        assert inside.any()
        # Its land holds all of it, and its inner land nothing else.
        assert shapely.intersects_xy(region(circle).land, longitudes, latitudes)[inside].all()
        assert inside[shapely.contains_xy(inner_land(circle), longitudes, latitudes)].all()


@given(
    longitude=st.floats(-180, 180),
    latitude=st.floats(-90, 90),
    radius=st.floats(0.1, 3000),
    bearing=st.floats(0, 2 * math.pi),
    share=st.floats(0, 0.999),
)
def test_the_boxes_of_a_circle_hold_every_point_of_it(
    longitude: float, latitude: float, radius: float, bearing: float, share: float
) -> None:
    circle = Circle(longitude, latitude, radius)
    angle = share * radius * 1000 / METRES_PER_DEGREE
    far, here = math.radians(angle), math.radians(latitude)
    sine = math.sin(here) * math.cos(far) + math.cos(here) * math.sin(far) * math.cos(bearing)
    there = math.degrees(math.asin(max(-1.0, min(1.0, sine))))
    turn = math.atan2(
        math.sin(bearing) * math.sin(far) * math.cos(here), math.cos(far) - math.sin(here) * sine
    )
    across = (longitude + math.degrees(turn) + 180) % 360 - 180
    assert any(
        west <= across <= east and south <= there <= north
        for west, south, east, north in region(circle).boxes
    )


def test_distance_to_a_border_is_that_on_the_globe() -> None:
    drawn = polygon(square(10, 59, 12, 61))
    points = np.array([[9.5, 60.0], [11.0, 60.0], [11.0, 62.0], [-179.0, 60.0]])
    away = region(drawn).metres_from_border(points[:, 0], points[:, 1])
    step = METRES_PER_DEGREE
    assert away[0] == pytest.approx(0.5 * step * math.cos(math.radians(60)), rel=0.01)
    assert away[1] == pytest.approx(step * math.cos(math.radians(60)), rel=0.01)
    assert away[2] == pytest.approx(step, rel=0.01)
    assert away[3] > 5_000_000


def test_the_record_holds_a_short_shape_whole_and_of_a_long_one_the_extent() -> None:
    short = polygon(square(0, 0, 1, 1))
    assert summary(short) == short.as_data()
    ring = [[math.cos(turn), math.sin(turn)] for turn in np.linspace(0, 2 * math.pi, 200)]
    long = polygon([*ring[:-1], ring[0]])
    assert isinstance(long, Polygons)
    told = summary(long)
    assert told["corners"] == 199
    assert "coordinates" not in told
