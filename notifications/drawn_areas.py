"""Stays in drawn shapes, laid beside the register for the length of one look at an audience.

The engine that knows positions is asked first and the register read afterwards, so everything
the engine knew is in what is read; whatever changed since the engine last looked is unsealed and
compared one by one. So nobody who registered meanwhile is lost, and the answer is that of one
moment. When there is no engine, the table stays empty and every person counts as having given no
position: a shape then means all people of the areas that it touches.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from encryption.bulk import open_column
from geography.outlines import areas_wholly_in, touched_by
from geography.positions import ExactPosition
from geography.shapes import Shape
from registry.finding.engine import FinderUnavailable
from registry.finding.points_choosing import point_engine
from registry.finding.points_engine import Part, part_of
from registry.models import Stay

logger = logging.getLogger(__name__)


@dataclass
class DrawnStays:
    """How stays lie to included and left-out shapes; `since` is 0 when no engine answered."""

    since: int = 0
    parts: dict[UUID, int] = field(default_factory=dict)
    out_parts: dict[UUID, int] = field(default_factory=dict)

    @property
    def is_exact(self) -> bool:
        """Whether positions count; else only areas and countries do."""
        return self.since > 0


def ask_engine(shapes: Iterable[Shape], out_shapes: Iterable[Shape]) -> DrawnStays:
    """Ask which stays lie in shapes. Before the register is read; see the module's own words."""
    try:
        engine = point_engine()
        found = DrawnStays(since=engine.known_until())
        for parts, several in ((found.parts, shapes), (found.out_parts, out_shapes)):
            for shape in several:
                for stay in engine.stays_in(shape):
                    before = parts.get(stay.stay_id, Part.OUTSIDE)
                    parts[stay.stay_id] = min(before, stay.part)
    except FinderUnavailable as error:
        logger.warning("positions not known", extra={"error_code": str(error).replace(" ", "-")})
        return DrawnStays()
    return found


MAKE_TABLE = """
    CREATE TEMPORARY TABLE drawn_stays (
        stay_id uuid PRIMARY KEY, part smallint NOT NULL, out_part smallint NOT NULL)"""

_CHANGED = """
    SELECT id, registrant_id, position FROM registry_stay
     WHERE ended_at IS NULL AND position IS NOT NULL
       AND (changed_in >= %s OR from_on >= current_date)"""


def lay_out(
    cursor: Any, found: DrawnStays, shapes: Iterable[Shape], out_shapes: Iterable[Shape]
) -> None:
    """Fill the table with what was found, and with what changed since, as this cursor sees it.

    cursor: of psycopg. Its transaction may be read-only: the table is temporary.
    """
    if found.is_exact:
        changed = cursor.execute(_CHANGED, [found.since]).fetchall()
        opened = open_column(Stay, "position", changed)
        for stay_id, _, _ in changed:
            data = opened.get(stay_id)
            found.parts[stay_id] = _closest(shapes, data)
            found.out_parts[stay_id] = _closest(out_shapes, data)
    with cursor.copy("COPY drawn_stays FROM STDIN") as copy:
        for stay_id in found.parts.keys() | found.out_parts.keys():
            parts = (
                found.parts.get(stay_id, Part.OUTSIDE),
                found.out_parts.get(stay_id, Part.OUTSIDE),
            )
            copy.write_row((stay_id, *map(int, parts)))
    cursor.execute("ANALYZE drawn_stays")


def _closest(shapes: Iterable[Shape], data: dict[str, Any] | None) -> int:
    if not data:
        return Part.UNREADABLE
    position = ExactPosition.from_data(data)
    return min((part_of(shape, position) for shape in shapes), default=Part.OUTSIDE)


@contextmanager
def laid_out(
    cursor: Any, shapes: tuple[Shape, ...], out_shapes: tuple[Shape, ...]
) -> Iterator[DrawnStays | None]:
    """Lay the table out for a while inside a transaction; None where nothing is drawn."""
    if not shapes and not out_shapes:
        yield None
        return
    found = ask_engine(shapes, out_shapes)
    cursor.execute(MAKE_TABLE)
    try:
        lay_out(cursor, found, shapes, out_shapes)
        yield found
    finally:
        cursor.execute("DROP TABLE drawn_stays")


def place_parameters(
    shapes: tuple[Shape, ...], out_shapes: tuple[Shape, ...], *, is_exact: bool
) -> dict[str, Any]:
    """Return what SQL needs to know about the areas and countries that shapes touch."""
    touched = [touched_by(shape) for shape in shapes]
    out_touched = [touched_by(shape) for shape in out_shapes]
    return {
        "drawn_countries": sorted({code for one in touched for code in one.countries}),
        "drawn_areas": sorted({code for one in touched for code in one.areas}),
        "drawn_whole": sorted({code for one in shapes for code in areas_wholly_in(one)}),
        "drawn_out_countries": sorted({code for one in out_touched for code in one.countries}),
        "drawn_out_areas": sorted({code for one in out_touched for code in one.areas}),
        "drawn_out_whole": sorted({code for one in out_shapes for code in areas_wholly_in(one)}),
        "positions_count": is_exact,
    }
