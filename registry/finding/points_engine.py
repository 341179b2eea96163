"""What every way of finding people in a drawn shape promises, whichever is installed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol
from uuid import UUID

import numpy as np

from geography.positions import ExactPosition
from geography.regions import Degrees, region
from geography.shapes import Shape

# A position as exact as this counts as a point.
EXACT_METRES: Final = 250


class Part(IntEnum):
    """How a stay lies to a shape."""

    INSIDE = 0
    # The circle that the position leaves open is partly inside.
    MAYBE = 1
    # The position cannot be read, so nothing is known but area and country.
    UNREADABLE = 2
    OUTSIDE = 3


@dataclass(frozen=True, slots=True)
class FoundStay:
    """A stay that lies, or may lie, in a shape."""

    stay_id: UUID
    part: Part


class PointEngine(Protocol):
    """Knows the exact positions of stays."""

    def known_until(self) -> int:
        """Return the transaction before which every change is known. Ask before `stays_in`.

        Stays changed in that transaction or later must be looked at one by one, and what
        `stays_in` says about them be dropped. Raises FinderUnavailable.
        """

    def stays_in(self, shape: Shape) -> Iterator[FoundStay]:
        """Yield the stays in a shape, or perhaps in it; also those that ended meanwhile.

        Raises FinderUnavailable, also half way.
        """


def parts_of(
    shape: Shape, longitudes: Degrees, latitudes: Degrees, metres: Degrees
) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """Return the Part of each point: the one rule that every engine must agree with."""
    drawn = region(shape)
    parts = np.where(drawn.holds(longitudes, latitudes), Part.INSIDE, Part.OUTSIDE).astype(np.uint8)
    coarse = np.flatnonzero(metres > EXACT_METRES)
    if len(coarse):
        # Those who named the same town share one point.
        where, first, back = np.unique(
            np.stack([longitudes[coarse], latitudes[coarse]], axis=1),
            axis=0,
            return_index=True,
            return_inverse=True,
        )
        del first
        away = drawn.metres_from_border(where[:, 0], where[:, 1])[back.reshape(-1)]
        parts[coarse[away <= metres[coarse]]] = Part.MAYBE
    return parts


def part_of(shape: Shape, position: ExactPosition) -> Part:
    """Return how one position lies to a shape."""
    one = parts_of(
        shape,
        np.array([position.longitude]),
        np.array([position.latitude]),
        np.array([float(position.metres)]),
    )
    return Part(int(one[0]))
