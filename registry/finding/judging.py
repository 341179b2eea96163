"""Looking closely at many people at once: `ranking.judge` over arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from registry.finding.ranges import Integers, Reals
from registry.finding.ranking import EXTRA_WORD, MOST_EXTRA, WRONG_ORDER

# Between equals the word in the same place wins, then the later one: far less than any
# difference in likeness that means something.
_AWAY, _LATER_TYPED, _LATER_HELD = 1e-6, 1e-8, 1e-10


@dataclass(frozen=True, slots=True)
class Judged:
    """How well people fit, by person; `chosen[i, j]` is which word of i is typed word j, or -1."""

    scores: Reals
    chosen: Integers
    is_complete: Integers
    is_in_order: Integers


def judged(alike: Reals, weights: Reals, is_extra: Integers) -> Judged:
    """Return how well people fit what was typed, each of their words used once.

    `alike[i, j, k]` is how alike typed word j is to word k of person i; `is_extra[i, k]` whether
    that word counts against them when it was not asked for.
    """
    people, typed, held = alike.shape
    everybody = np.arange(people)
    mine, theirs = np.arange(typed)[:, None], np.arange(held)[None, :]
    ties = _LATER_TYPED * mine + _LATER_HELD * theirs - _AWAY * np.abs(mine - theirs)
    left = np.where(alike > 0, alike + ties, -1.0)
    chosen = np.full((people, typed), -1)
    taken = np.zeros((people, held), bool)
    scores = np.zeros(people)
    for _ in range(min(typed, held)):
        places = left.reshape(people, -1).argmax(axis=1)
        row, column = np.divmod(places, held)
        some = left[everybody, row, column] > 0
        if not some.any():
            break
        who, row, column = everybody[some], row[some], column[some]
        chosen[who, row] = column
        taken[who, column] = True
        scores[who] += weights[row] * alike[who, row, column]
        left[who, row, :] = -1.0
        left[who, :, column] = -1.0
    scores /= weights.sum()
    extra = (is_extra & ~taken).sum(axis=1)
    in_order = np.ones(people, bool)
    last = np.full(people, -1)
    for place in range(typed):
        now = chosen[:, place]
        in_order &= (now < 0) | (now > last)
        last = np.maximum(last, now)
    scores -= np.minimum(EXTRA_WORD * extra, MOST_EXTRA) + np.where(in_order, 0, WRONG_ORDER)
    complete = (chosen >= 0).all(axis=1) & (extra == 0)
    return Judged(np.maximum(scores, 0), chosen, complete, in_order)
