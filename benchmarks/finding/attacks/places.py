"""Finding homes by how often the tokens of map cells occur.

A person has one token for the cell their home is in at each of some resolutions, and everybody
of a cell has the same. The thief knows how many live where, from a sample as large, and which
token is of which resolution; each record is put into the cell whose chain of frequencies is
nearest to its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import h3
import numpy as np

from benchmarks.finding.attacks.world import Floats, Ints, Reals

_PEOPLE_A_TOWN = 31
_NEAR_KM = 25.0
_EARTH_KM = 6371.0
# How far from the middle of their town people live, in degrees of latitude.
_SPREAD = 0.06
_AT_A_TIME = 200


def homes(count: int, seed: int) -> Reals:
    """Return latitudes and longitudes of people scattered round the same towns for any seed.

    The towns are as unequal as towns are: their sizes are log-normal, 31 people on average.
    """
    towns = np.random.default_rng(1)
    number = max(count // _PEOPLE_A_TOWN, 1)
    middles = np.stack(
        (
            np.degrees(np.arcsin(towns.uniform(-0.6, 0.85, number))),
            towns.uniform(-180, 180, number),
        ),
        axis=1,
    )
    sizes = towns.lognormal(0, 1.2, number)
    rng = np.random.default_rng(seed)
    town = rng.choice(number, count, p=sizes / sizes.sum())
    offset = rng.normal(0, _SPREAD, (count, 2))
    offset[:, 1] /= np.cos(np.radians(middles[town, 0]))
    found: Reals = middles[town] + offset
    return found


def cells(points: Reals, resolutions: Sequence[int]) -> Ints:
    """Return the number of each point's cell at each resolution: (people, resolutions)."""
    finest = [h3.latlng_to_cell(lat, lng, max(resolutions)) for lat, lng in points.tolist()]
    columns = [
        [h3.str_to_int(h3.cell_to_parent(cell, resolution)) for cell in finest]
        for resolution in resolutions
    ]
    return np.array(columns, dtype=np.int64).T


def _frequencies(column: Ints, of: Ints) -> Floats:
    """Return how often each value of `of` stands in a column."""
    values, counts = np.unique(column, return_counts=True)
    at = np.minimum(np.searchsorted(values, of), len(values) - 1)
    found: Floats = np.where(values[at] == of, counts[at], 0).astype(np.float32)
    return found


@dataclass(frozen=True)
class Located:
    """Hundredths of homes put within 25 km: by the attack, and by always naming one place."""

    near: float
    blind: float


def locate(count: int, resolutions: Sequence[int], attacked: int = 2000) -> Located:
    """Attack a register of `count` homes."""
    register, sample = homes(count, 2), homes(count, 3)
    seen, known = cells(register, resolutions), cells(sample, resolutions)
    chains, first = np.unique(known, axis=0, return_index=True)
    columns = range(len(resolutions))
    expected = 2 * np.sqrt(
        np.stack([_frequencies(known[:, at], chains[:, at]) for at in columns], axis=1)
    )
    shown = 2 * np.sqrt(
        np.stack([_frequencies(seen[:, at], seen[:attacked, at]) for at in columns], axis=1)
    )
    beside = (expected**2).sum(axis=1) - 1e-4 * np.log1p(expected[:, -1])
    guesses: list[int] = []
    for at in range(0, attacked, _AT_A_TIME):
        away = beside[None, :] - 2 * shown[at : at + _AT_A_TIME] @ expected.T
        guesses += away.argmin(axis=1).tolist()
    real = register[:attacked]
    most = int(beside.argmax())
    blind = np.repeat(sample[first[most]][None, :], attacked, axis=0)
    return Located(_near(sample[first[guesses]], real), _near(blind, real))


def _near(guessed: Reals, real: Reals) -> float:
    """Return in hundredths how many guesses lie within 25 km of what they guess."""
    a, b = np.radians(guessed), np.radians(real)
    half = (
        np.sin((b[:, 0] - a[:, 0]) / 2) ** 2
        + np.cos(a[:, 0]) * np.cos(b[:, 0]) * np.sin((b[:, 1] - a[:, 1]) / 2) ** 2
    )
    away = 2 * _EARTH_KM * np.arcsin(np.sqrt(half))
    return float(100 * (away <= _NEAR_KM).mean())
