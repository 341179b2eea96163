"""Positions found by tokens of H3 cells in SQL, for hosts that cannot run the finder.

Two tokens a stay and no more: each further resolution would tell a thief more about where
people live. The cover of a shape is made of boxes around cells, so it holds the shape whole;
stays in cells that lie inside with their boxes count as they are, all others are unsealed and
compared exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from uuid import UUID

import h3.api.basic_int as h3
import numpy as np
import shapely
from django.conf import settings
from django.db import connection
from shapely.geometry.base import BaseGeometry

from encryption.bulk import open_column
from encryption.indexes import blind_index
from encryption.keyring import keyring
from geography.positions import ExactPosition
from geography.regions import METRES_PER_DEGREE, inner_land, on_the_map, region
from geography.shapes import Shape
from registry.finding.engine import FinderUnavailable
from registry.finding.following import horizon
from registry.finding.points_engine import EXACT_METRES, FoundStay, Part, parts_of
from registry.models import CellsComplete, Stay, StayCell

LARGE, SMALL = 5, 7
# The farthest that a position of each reach leaves open, in metres.
REACHES: Final = (0, 5_000, 30_000)
# Stands in place of a reach where the position cannot be read.
UNREADABLE: Final = 9
# From centre to corner in metres at most; H3's cells are up to a third larger than on average.
_RADIUS: Final = {
    0: 1_480_000,
    1: 560_000,
    2: 212_000,
    3: 80_000,
    4: 30_500,
    5: 11_600,
    6: 4_400,
    7: 1_660,
}
# A shape with fewer small cells than this is covered with those.
_MOST_SMALL: Final = 4_000
_SMALL_SQUARE_METRES: Final = 5.16e6
_TOGETHER: Final = 2_000


def reach_of(position: ExactPosition) -> int:
    """Return how exact a position is, in three steps."""
    if position.metres <= EXACT_METRES:
        return 0
    return 1 if position.metres <= REACHES[1] else 2


def cell_token(cell: int, version: int) -> int:
    """Return the token of a cell; its number says its resolution as well."""
    return blind_index("map-cell", f"{cell:x}", version)


def _tokens_of(position: ExactPosition, version: int) -> tuple[int, int]:
    where = position.latitude, position.longitude
    large, small = (h3.latlng_to_cell(*where, resolution) for resolution in (LARGE, SMALL))
    return cell_token(large, version), cell_token(small, version)


_WRITE: Final = """
    INSERT INTO registry_staycell (stay_id, key_version, reach, large_token, small_token)
    SELECT * FROM unnest(%s::uuid[], %s::smallint[], %s::smallint[], %s::bigint[], %s::bigint[])
    ON CONFLICT (stay_id) DO UPDATE
       SET key_version = excluded.key_version, reach = excluded.reach,
           large_token = excluded.large_token, small_token = excluded.small_token"""


def write_cells(stays: Iterable[tuple[UUID, ExactPosition | None]]) -> None:
    """Write the tokens of stays in place of any before; None for one that cannot be read."""
    version = keyring().index_version
    rows = [
        (stay_id, version, UNREADABLE, 0, 0)
        if position is None
        else (stay_id, version, reach_of(position), *_tokens_of(position, version))
        for stay_id, position in stays
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, [list(column) for column in zip(*rows, strict=True)])


def note_cells(stays: Sequence[tuple[UUID, ExactPosition]]) -> None:
    """Write the tokens of new stays where they are in use; elsewhere take back the claim that
    all are there, so that nobody is missed when they come into use again.
    """
    if settings.PLACE_SEARCH == "cells":
        write_cells(stays)
    elif stays:
        CellsComplete.objects.all().delete()


def fill_cells() -> Iterator[int]:
    """Write the tokens of every position under the active key; yields how many stays are done.

    Stays that begin meanwhile write their own. Safe to run again; what was there is replaced.
    """
    version = keyring().index_version
    last: UUID | None = None
    done = 0
    while True:
        rows = Stay.objects.filter(position__isnull=False).order_by("pk")
        page = list(
            (rows.filter(pk__gt=last) if last else rows).values_list(
                "pk", "registrant_id", "position"
            )[:_TOGETHER]
        )
        if not page:
            break
        sealed = [
            (stay_id, person_id, value.data)
            for stay_id, person_id, value in page
            if value is not None
        ]
        opened = open_column(Stay, "position", sealed)
        write_cells(
            (stay_id, ExactPosition.from_data(data) if (data := opened.get(stay_id)) else None)
            for stay_id, _, _ in sealed
        )
        last = page[-1][0]
        done += len(page)
        yield done
    CellsComplete.objects.get_or_create(key_version=version)
    CellsComplete.objects.exclude(key_version=version).delete()


@dataclass(frozen=True)
class Cover:
    """Cells of one resolution that hold a shape: wholly inside, and those to look into."""

    resolution: int
    inside: list[int]
    border: list[int]


def cover(shape: Shape, reach: int) -> Cover:
    """Return the cells in which positions of a reach may touch a shape."""
    outer, inner = region(shape).land, inner_land(shape)
    if reach:
        outer, inner = _moved(outer, REACHES[reach]), _moved(inner, -REACHES[reach])
    resolution = SMALL if _square_metres(outer) < _MOST_SMALL * _SMALL_SQUARE_METRES else LARGE
    shapely.prepare(outer)
    shapely.prepare(inner)
    level, cells = _beginning(outer, resolution)
    while True:
        boxes = _Boxes.around(cells, _RADIUS[level])
        near = boxes.touching(outer)
        cells = [cells[at] for at in near]
        if level == resolution:
            break
        level += 1
        cells = [child for cell in cells for child in h3.cell_to_children(cell, level)]
    is_inside = boxes.inside(inner, near)
    return Cover(
        resolution,
        [cell for cell, yes in zip(cells, is_inside, strict=True) if yes],
        [cell for cell, yes in zip(cells, is_inside, strict=True) if not yes],
    )


def _square_metres(land: BaseGeometry) -> float:
    latitude = math.radians(land.centroid.y) if not land.is_empty else 0
    return float(land.area) * METRES_PER_DEGREE**2 * math.cos(latitude)


def _moved(land: BaseGeometry, metres: float) -> BaseGeometry:
    _, south, _, north = land.bounds if not land.is_empty else (0, 0, 0, 0)
    furthest = max(abs(south), abs(north)) + abs(metres) / METRES_PER_DEGREE
    if furthest > 85:
        return (
            shapely.box(-180, max(south - 1, -90), 180, min(north + 1, 90))
            if metres > 0
            else shapely.Polygon()
        )
    degrees = metres / METRES_PER_DEGREE / math.cos(math.radians(furthest)) * 1.02
    return on_the_map(shapely.buffer(land, degrees, quad_segs=16))


def _beginning(outer: BaseGeometry, resolution: int) -> tuple[int, list[int]]:
    """Return cells that together hold a shape, few where it is small."""
    west, south, east, north = outer.bounds
    across = math.hypot(north - south, east - west) * METRES_PER_DEGREE
    for level in range(resolution, 0, -1):
        # Whatever is nearer to the middle than a radius lies in its cell or a neighbour.
        if across < _RADIUS[level] / 2 and abs(south) < 80 and abs(north) < 80:
            middle = h3.latlng_to_cell((south + north) / 2, (west + east) / 2, level)
            return level, list(h3.grid_disk(middle, 1))
    return 0, list(h3.get_res0_cells())


@dataclass(frozen=True)
class _Boxes:
    """Boxes around cells in degrees; beyond ±180 where a cell lies on that meridian."""

    bounds: Any

    @classmethod
    def around(cls, cells: list[int], radius: float) -> _Boxes:
        centres = np.array([h3.cell_to_latlng(cell) for cell in cells]).reshape(-1, 2)
        latitudes, longitudes = centres[:, 0], centres[:, 1]
        high = radius / METRES_PER_DEGREE
        furthest = np.abs(latitudes) + high
        is_polar = furthest >= 85
        wide = np.where(is_polar, 360, high / np.cos(np.radians(np.minimum(furthest, 85))))
        return cls(
            np.stack([longitudes - wide, latitudes - high, longitudes + wide, latitudes + high])
        )

    def touching(self, land: BaseGeometry) -> Any:
        """Return the places in the list of those that touch some land."""
        west, south, east, north = self.bounds
        touches = shapely.intersects(land, shapely.box(west, south, east, north))
        over = np.flatnonzero((west < -180) | (east > 180))
        for turn in (-360, 360) if len(over) else ():
            moved = shapely.box(west[over] + turn, south[over], east[over] + turn, north[over])
            touches[over] |= shapely.intersects(land, moved)
        return np.flatnonzero(touches)

    def inside(self, land: BaseGeometry, which: Any) -> Any:
        """Tell which of these lie within some land; never one on the 180th meridian."""
        west, south, east, north = self.bounds[:, which]
        return shapely.contains_properly(land, shapely.box(west, south, east, north))


class CellPoints:
    """The point engine in SQL."""

    def known_until(self) -> int:
        """See PointEngine. Tokens are written with the stay they belong to."""
        if not CellsComplete.objects.exists():
            raise FinderUnavailable("cells incomplete")
        return horizon().oldest_open

    def stays_in(self, shape: Shape) -> Iterator[FoundStay]:
        """See PointEngine."""
        versions = {
            keyring().index_version,
            *CellsComplete.objects.values_list("key_version", flat=True),
        }
        with connection.cursor() as cursor:
            cursor.execute(_REACHES_IN_USE)
            in_use = [row[0] for row in cursor.fetchall()]
        if UNREADABLE in in_use:
            unreadable = StayCell.objects.filter(reach=UNREADABLE)
            for stay_id in unreadable.values_list("stay_id", flat=True):
                yield FoundStay(stay_id, Part.UNREADABLE)
        for reach in in_use:
            if reach == UNREADABLE:
                continue
            covered = cover(shape, reach)
            for stay_id in _in_cells(covered.resolution, covered.inside, reach, versions):
                yield FoundStay(stay_id, Part.INSIDE)
            border = iter(_sealed_in(covered.resolution, covered.border, reach, versions))
            while page := list(islice(border, _TOGETHER)):
                yield from _compared(shape, page)


def _tokens(cells: list[int], versions: Iterable[int]) -> list[int]:
    return [cell_token(cell, version) for version in versions for cell in cells]


def _in_cells(resolution: int, cells: list[int], reach: int, versions: Iterable[int]) -> list[UUID]:
    if not cells:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_INSIDE[resolution], [_tokens(cells, versions), reach])
        return [row[0] for row in cursor.fetchall()]


def _sealed_in(
    resolution: int, cells: list[int], reach: int, versions: Iterable[int]
) -> list[tuple[UUID, UUID, bytes]]:
    if not cells:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_SEALED[resolution], [_tokens(cells, versions), reach])
        return [(stay, person, bytes(data)) for stay, person, data in cursor.fetchall()]


# From one value to the next through the index.
_REACHES_IN_USE: Final = """
    WITH RECURSIVE used AS (
        SELECT min(reach) AS reach FROM registry_staycell
        UNION ALL
        SELECT (SELECT min(c.reach) FROM registry_staycell c WHERE c.reach > used.reach)
          FROM used WHERE used.reach IS NOT NULL)
    SELECT reach FROM used WHERE reach IS NOT NULL"""
_COLUMN: Final = {LARGE: "large_token", SMALL: "small_token"}
# One look into the index per token, whatever statistics say; OFFSET keeps it that.
_INSIDE: Final = {
    resolution: f"""
    SELECT c.stay_id FROM unnest(%s::bigint[]) AS wanted(token) CROSS JOIN LATERAL (
           SELECT stay_id FROM registry_staycell
            WHERE reach = %s AND {column} = wanted.token OFFSET 0) c"""  # noqa: S608
    for resolution, column in _COLUMN.items()
}
_SEALED: Final = {
    resolution: f"""
    SELECT s.id, s.registrant_id, s.position
      FROM ({inside}) c CROSS JOIN LATERAL (
           SELECT id, registrant_id, position FROM registry_stay
            WHERE id = c.stay_id AND position IS NOT NULL AND ended_at IS NULL OFFSET 0) s"""  # noqa: S608
    for resolution, inside in _INSIDE.items()
}


def _compared(shape: Shape, rows: list[tuple[UUID, UUID, bytes]]) -> Iterator[FoundStay]:
    opened = open_column(Stay, "position", rows)
    known = [(stay_id, opened[stay_id]) for stay_id, _, _ in rows if opened.get(stay_id)]
    for stay_id in {row[0] for row in rows}.difference(stay_id for stay_id, _ in known):
        yield FoundStay(stay_id, Part.UNREADABLE)
    if not known:
        return
    where = [ExactPosition.from_data(data) for _, data in known]
    parts = parts_of(
        shape,
        np.array([one.longitude for one in where]),
        np.array([one.latitude for one in where]),
        np.array([float(one.metres) for one in where]),
    )
    for (stay_id, _), part in zip(known, parts.tolist(), strict=True):
        if part != Part.OUTSIDE:
            yield FoundStay(stay_id, Part(part))
