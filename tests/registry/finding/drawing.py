"""Shapes to ask both point engines, and what plain geometry says of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from uuid import UUID

import numpy as np

from benchmarks.finding.geometry import Population, id_of, star
from geography.drawing import shape_from_data
from geography.gazetteer import cities
from geography.regions import region
from geography.shapes import Circle, Shape


def polygons(per_radius: int = 6) -> Iterator[Shape]:
    """Yield stars of 3 to 1500 km, circles at the edges of the map, and one beyond the edge."""
    chance = random.Random(11)
    towns = [one for one in cities() if abs(one.latitude) < 55]
    for radius in (3, 15, 80, 400, 1500):
        for _ in range(per_radius if radius < 1500 else 1):
            town = chance.choice(towns)
            yield shape_from_data(star(chance, town.longitude, town.latitude, radius))
    yield Circle(179.9, -17.5, 300)
    yield Circle(-70.0, -53.0, 700)
    yield shape_from_data(
        {"type": "Polygon", "coordinates": [[[170, -50], [-170, -50], [-170, 10], [170, -50]]]}
    )


def truth(shape: Shape, population: Population) -> set[UUID]:
    """Return who is in a shape, each position looked at by itself."""
    inside = region(shape).holds(population.longitudes, population.latitudes)
    return {id_of(int(number)) for number in np.flatnonzero(inside)}
