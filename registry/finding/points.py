"""The exact positions of stays, in memory only: which of them lie in a drawn shape.

Rows are only ever added; a row whose person left or changed is dead. The rows known when the
index was last packed stand sorted by how exact they are and by cells of a tenth of a degree, so
that a shape looks at the cells around it; later rows are looked at one after the other.
"""

from __future__ import annotations

import base64
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import numpy as np
import numpy.typing as npt

from geography.positions import ExactPosition
from geography.regions import Box, Region, region
from geography.shapes import Shape
from registry.finding.parts import Parts, below, numbers, under
from registry.finding.people import SlotTable
from registry.finding.points_engine import EXACT_METRES, FoundStay, Part, parts_of

Rows = npt.NDArray[np.int64]

_CELLS_PER_DEGREE: Final = 10
_COLUMNS: Final = 360 * _CELLS_PER_DEGREE + 1
_ROWS: Final = 180 * _CELLS_PER_DEGREE + 1
_CELLS: Final = _COLUMNS * _ROWS
# Metres: positions of one class are looked for together, as far as the least exact reaches.
_CLASSES: Final = (EXACT_METRES, 5_000)
# Rows after which the sorted ones are sorted anew, besides a share of all.
_LOOSE: Final = 5_000
_LOOSE_SHARE: Final = 50
_ID_BYTES: Final = 16
PACKED_BYTES: Final = _ID_BYTES + 1


@dataclass(frozen=True, slots=True)
class PlacedStay:
    """A stay and where it is; None for a position that cannot be read."""

    stay_id: UUID
    position: ExactPosition | None


@dataclass(frozen=True)
class FoundStays:
    """Stays in a shape, by id: ids as rows of 16 bytes, and the Part of each."""

    ids: npt.NDArray[np.uint8]
    parts: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.parts)

    def __iter__(self) -> Iterator[FoundStay]:
        whole = self.ids.tobytes()
        for at, part in enumerate(self.parts.tolist()):
            stay_id = UUID(bytes=whole[_ID_BYTES * at : _ID_BYTES * (at + 1)])
            yield FoundStay(stay_id, Part(part))

    def after(self, last: bytes, most: int) -> FoundStays:
        """Return the next `most` stays whose ids follow `last` (16 bytes, or none)."""
        first = int(np.searchsorted(_sortable(self.ids), np.void(last), "right")) if last else 0
        return FoundStays(self.ids[first : first + most], self.parts[first : first + most])

    def until(self, end: bytes) -> FoundStays:
        """Return the stays up to an id of 16 bytes, that one included."""
        count = int(np.searchsorted(_sortable(self.ids), np.void(end), "right"))
        return FoundStays(self.ids[:count], self.parts[:count])

    @property
    def last(self) -> bytes:
        """The id of the last one; there must be one."""
        return bytes(self.ids[-1])

    def packed(self) -> str:
        """Return them as text: 17 bytes each in base64."""
        return base64.b64encode(np.column_stack([self.ids, self.parts]).tobytes()).decode("ascii")

    @classmethod
    def opened(cls, text: str) -> FoundStays:
        """Undo `packed`. Raises ValueError."""
        both = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
        both = both.reshape(-1, PACKED_BYTES)
        return cls(both[:, :_ID_BYTES].copy(), both[:, _ID_BYTES].copy())


def _sortable(ids: npt.NDArray[np.uint8]) -> Any:
    return np.ascontiguousarray(ids).view(np.dtype((np.void, _ID_BYTES))).reshape(-1)


class PointIndex:
    """Positions of stays by person, and the question which lie in a shape."""

    def __init__(self) -> None:
        self._people = bytearray()
        self._stays = bytearray()
        self._longitudes = array("d")
        self._latitudes = array("d")
        # -1 where the position cannot be read, -2 where the row is dead.
        self._metres = array("i")
        self._slots = SlotTable(self._people)
        self._loading = False
        self._sorted = _Sorted.of(*self._columns(0))

    def __len__(self) -> int:
        """How many people have a position."""
        return len(self._slots)

    def load_later(self) -> None:
        """Put off sorting until `settle`: for filling from nothing."""
        self._loading = True

    def settle(self) -> None:
        """Sort what was added."""
        self._loading = False
        self._sorted = _Sorted.of(*self._columns(0))

    def put(self, person_id: UUID, stays: Iterable[PlacedStay]) -> None:
        """Note where a person's stays are, in place of what was noted before."""
        self.remove(person_id)
        first = len(self._metres)
        for stay in stays:
            self._people += person_id.bytes
            self._stays += stay.stay_id.bytes
            where = stay.position
            self._longitudes.append(where.longitude if where else 0.0)
            self._latitudes.append(where.latitude if where else 0.0)
            self._metres.append(where.metres if where else -1)
        if len(self._metres) > first:
            self._slots.put(person_id.bytes, first)
        loose = len(self._metres) - self._sorted.seen
        if not self._loading and loose > _LOOSE + len(self._metres) // _LOOSE_SHARE:
            self.settle()

    def remove(self, person_id: UUID) -> bool:
        """Forget a person's stays; returns whether there were any."""
        slot = self._slots.get(person_id.bytes)
        if slot is None:
            return False
        self._slots.drop(person_id.bytes)
        while self._people[_ID_BYTES * slot : _ID_BYTES * (slot + 1)] == person_id.bytes:
            start = _ID_BYTES * slot
            self._people[start : start + _ID_BYTES] = bytes(_ID_BYTES)
            self._stays[start : start + _ID_BYTES] = bytes(_ID_BYTES)
            self._longitudes[slot] = self._latitudes[slot] = 0.0
            self._metres[slot] = -2
            slot += 1
        return True

    # --- asking

    def stays_in(self, shape: Shape) -> FoundStays:
        """Return the stays in a shape, or perhaps in it, sorted by id."""
        drawn = region(shape)
        rows, parts = self._sorted.inside(drawn)
        if len(self._metres) > self._sorted.seen:
            first = self._sorted.seen
            loose, loose_parts = _Sorted.of(*self._columns(first)).inside(drawn)
            rows = np.concatenate([rows, loose + first])
            parts = np.concatenate([parts, loose_parts])
        metres = np.frombuffer(self._metres, np.int32)
        is_alive = metres[rows] > -2
        rows, parts = rows[is_alive], parts[is_alive]
        del metres
        ids = np.frombuffer(self._stays, np.uint8).reshape(-1, _ID_BYTES)[rows]
        order = np.argsort(_sortable(ids)) if len(rows) else rows
        return FoundStays(ids[order], parts[order])

    def people_in(self, shape: Shape) -> Iterator[UUID]:
        """Yield each person with a stay in a shape, or perhaps in it, once."""
        wanted = {found.stay_id.bytes for found in self.stays_in(shape)}
        told: set[bytes] = set()
        for slot in range(len(self._metres)):
            place = slice(_ID_BYTES * slot, _ID_BYTES * (slot + 1))
            person = bytes(self._people[place])
            if bytes(self._stays[place]) in wanted and person not in told:
                told.add(person)
                yield UUID(bytes=person)

    def _columns(
        self, first: int
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int32]]:
        # Copies: an array that is looked at cannot grow.
        return (
            np.array(self._longitudes[first:], np.float64),
            np.array(self._latitudes[first:], np.float64),
            np.array(self._metres[first:], np.int32),
        )

    # --- keeping

    def parts(self) -> dict[str, bytes]:
        """Return everything in it as bytes."""
        return {
            "people": bytes(self._people),
            "stays": bytes(self._stays),
            "longitudes": self._longitudes.tobytes(),
            "latitudes": self._latitudes.tobytes(),
            "metres": self._metres.tobytes(),
            **under("slots", self._slots.parts()),
        }

    @classmethod
    def restored(cls, parts: Parts) -> PointIndex:
        """Undo `parts`."""
        index = cls()
        index._people += parts["people"]
        index._stays += parts["stays"]
        index._longitudes.frombytes(parts["longitudes"])
        index._latitudes.frombytes(parts["latitudes"])
        index._metres = numbers("i", parts["metres"])
        index._slots.restore(below("slots", parts))
        index.settle()
        return index


@dataclass(frozen=True)
class _Sorted:
    """Rows in the order of their class and cell. `seen`: rows up to here were looked at."""

    seen: int
    order: Rows
    keys: Rows
    longitudes: npt.NDArray[np.float64]
    latitudes: npt.NDArray[np.float64]
    metres: npt.NDArray[np.float64]
    unreadable: Rows
    # The farthest reach of each class, in metres; a class that nobody is in has none.
    reaches: tuple[tuple[int, float], ...]

    @classmethod
    def of(
        cls,
        longitudes: npt.NDArray[np.float64],
        latitudes: npt.NDArray[np.float64],
        metres: npt.NDArray[np.int32],
    ) -> _Sorted:
        """Sort rows."""
        known = np.flatnonzero(metres >= 0)
        classes = np.searchsorted(_CLASSES, metres[known], "left")
        keys = classes * _CELLS + _row(latitudes[known]) * _COLUMNS + _column(longitudes[known])
        by_key = np.argsort(keys, kind="stable")
        order = known[by_key]
        reaches = tuple(
            (int(one), 0.0 if one == 0 else float(metres[known][classes == one].max()))
            for one in np.unique(classes)
        )
        return cls(
            len(metres),
            order,
            keys[by_key],
            longitudes[order],
            latitudes[order],
            metres[order].astype(np.float64),
            np.flatnonzero(metres == -1),
            reaches,
        )

    def inside(self, drawn: Region) -> tuple[Rows, npt.NDArray[np.uint8]]:
        """Return row numbers and parts of the rows that are not outside."""
        near = [
            self._in_box(one, box)
            for one, reach in self.reaches
            for box in drawn.boxes_within(reach)
        ]
        at = np.concatenate(near) if near else np.empty(0, np.int64)
        parts = parts_of(drawn.shape, self.longitudes[at], self.latitudes[at], self.metres[at])
        kept = np.flatnonzero(parts != Part.OUTSIDE)
        rows, parts = self.order[at[kept]], parts[kept]
        if len(near) > len(self.reaches):
            # Boxes on both sides of the 180th meridian may share its points.
            rows, first = np.unique(rows, return_index=True)
            parts = parts[first]
        if len(self.unreadable):
            unreadable = np.full(len(self.unreadable), Part.UNREADABLE, np.uint8)
            rows = np.concatenate([rows, self.unreadable])
            parts = np.concatenate([parts, unreadable])
        return rows, parts

    def _in_box(self, one: int, box: Box) -> Rows:
        west, south, east, north = box
        rows = np.arange(int(_row(np.array(south))), int(_row(np.array(north))) + 1)
        start = one * _CELLS + rows * _COLUMNS
        firsts = np.searchsorted(self.keys, start + _column(np.array(west)), "left")
        ends = np.searchsorted(self.keys, start + _column(np.array(east)), "right")
        lengths = ends - firsts
        # Every run of neighbours, one after the other.
        shift = firsts - np.cumsum(lengths) + lengths
        at: Rows = np.arange(lengths.sum()) + np.repeat(shift, lengths)
        x, y = self.longitudes[at], self.latitudes[at]
        return at[(x >= west) & (x <= east) & (y >= south) & (y <= north)]


def _row(latitudes: npt.NDArray[np.float64]) -> Rows:
    return np.floor((latitudes + 90) * _CELLS_PER_DEGREE).astype(np.int64)


def _column(longitudes: npt.NDArray[np.float64]) -> Rows:
    return np.floor((longitudes + 180) * _CELLS_PER_DEGREE).astype(np.int64)
