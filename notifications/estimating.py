"""From weights of single people to a range: at least, most likely, at most so many.

Three things are not known. How fast stays go stale: each person's weight w becomes w^f in low
and w^(1/f) in high, f being the factor that the half-life is right within, nine times of ten.
Chance: people are there or not, independently of each other, with variance w·(1-w). Whether
somebody who named only a wide place is in the part that is asked about: low leaves them out,
high takes them in.

The first two are independent, and so are half-lives of different kinds of stay: their
distances are added as squares. The range then holds the truth nine times of ten.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from registry.decaying import NINE_OF_TEN


@dataclass(frozen=True)
class Estimate:
    """A range of people: at least low, most likely so many, at most high."""

    low: int
    likely: int
    high: int


@dataclass(frozen=True)
class Weights:
    """Sums over a group of people whose stays go stale alike.

    sure…: of those who named the place itself (and are surely reached, where that counts).
    sure_low and high: of weights as low and high want them. inside: thinned by how likely
    people are in the part of what they named.
    """

    people: int
    sure: float
    sure_low: float
    sure_variance: float
    inside: float
    whole: float
    high: float
    variance: float


def estimate_of(groups: Iterable[Weights]) -> Estimate:
    """Return the range of several groups together."""
    groups = list(groups)
    people = sum(group.people for group in groups)
    sure = sum(group.sure for group in groups)
    whole = sum(group.whole for group in groups)
    below = _distance(
        (group.sure - group.sure_low for group in groups),
        sum(group.sure_variance for group in groups),
    )
    above = _distance(
        (group.high - group.whole for group in groups), sum(group.variance for group in groups)
    )
    likely = min(round(sum(group.inside for group in groups)), people)
    low = math.floor(sure - below)
    high = math.ceil(whole + above)
    return Estimate(min(max(low, 0), likely), likely, max(min(high, people), likely))


def _distance(gaps: Iterable[float], variance: float) -> float:
    return math.sqrt(sum(gap**2 for gap in gaps) + NINE_OF_TEN**2 * max(variance, 0.0))
