"""Outlines as text: each ring a chain of steps of a hundredth of a degree, in printable letters.

A step is a signed whole number, written five bits a letter, lowest first; letters from "_" on
say that more follow. Rings are parted by spaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

_STEP = 100
_FIRST, _MORE = 63, 32


def encoded(land: BaseGeometry) -> str:
    """Return the outer rings of a multipolygon as text."""
    return " ".join(_ring(piece.exterior.coords) for piece in shapely.get_parts(land))


def _ring(positions: Sequence[tuple[float, ...]]) -> str:
    steps = np.rint(np.asarray(positions)[:, :2] * _STEP).astype(int)
    moved = np.diff(steps, axis=0, prepend=[[0, 0]])
    return "".join(_number(int(value)) for pair in moved for value in pair)


def _number(value: int) -> str:
    value = ~(value << 1) if value < 0 else value << 1
    letters = []
    while value >= _MORE:
        letters.append(chr(_FIRST + (_MORE | value & (_MORE - 1))))
        value >>= 5
    letters.append(chr(_FIRST + value))
    return "".join(letters)


def decoded(text: str) -> BaseGeometry:
    """Undo `encoded`; rings that fold up at this resolution are left out."""
    pieces = []
    for ring in text.split(" "):
        steps = np.fromiter(_numbers(ring), dtype=float).reshape(-1, 2)
        positions = np.cumsum(steps, axis=0) / _STEP
        if len(positions) >= 4:
            pieces.append(shapely.Polygon(positions))
    land = shapely.MultiPolygon(pieces)
    return land if land.is_valid else shapely.make_valid(land)


def _numbers(ring: str) -> Iterator[int]:
    value = shift = 0
    for letter in ring:
        bits = ord(letter) - _FIRST
        value |= (bits & (_MORE - 1)) << shift
        if bits & _MORE:
            shift += 5
            continue
        yield ~(value >> 1) if value & 1 else value >> 1
        value = shift = 0
