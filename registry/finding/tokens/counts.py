"""How many people hold each pair: what a question needs to make all tokens of it.

Counts stand in cells; a pair's cell follows from its key (`PairKeys.places`). Pairs that share a
cell share its count, which is then too high for each: that costs a question a few tokens that
nobody has.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterable

_FEWEST = 1 << 12
_MOST = 1 << 26
_FULL = 0xFFFF
# Pairs a person has, about: cells should be more than there are different pairs.
_CELLS_PER_PERSON = 12


class Counts:
    """One count per cell. Numbers are given out from 0; nobody's number is given twice."""

    def __init__(self, cells: array[int]) -> None:
        self._cells = cells
        self._mask = len(cells) - 1

    @classmethod
    def for_people(cls, people: int) -> Counts:
        """Return counts of nobody with room for so many people."""
        size = _FEWEST
        while size < min(_CELLS_PER_PERSON * people, _MOST):
            size *= 2
        return cls(array("H", bytes(2 * size)))

    @classmethod
    def opened(cls, data: bytes) -> Counts:
        """Undo `packed`."""
        cells = array("H")
        cells.frombytes(zlib.decompress(data))
        return cls(cells)

    def packed(self) -> bytes:
        """Return everything as bytes; still to be sealed."""
        return zlib.compress(self._cells.tobytes(), 1)

    def of(self, places: Iterable[int]) -> list[int]:
        """Return how many people hold the pair of each place, or more."""
        cells, mask = self._cells, self._mask
        return [cells[place & mask] for place in places]

    def take(self, places: Iterable[int]) -> list[int]:
        """Return a number for each place that nobody else of that pair has.

        Of more people than fit a cell the rest share its last number.
        """
        cells, mask = self._cells, self._mask
        taken = []
        for place in places:
            number = cells[place & mask]
            taken.append(number)
            if number < _FULL:
                cells[place & mask] = number + 1
        return taken
