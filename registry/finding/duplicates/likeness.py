"""How alike two people's names are, whichever was written first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from registry.finding.matching import similarity
from registry.finding.normalising import Word, word, words

_MOST_WORDS = 6
# A name that one of the two has and the other has not.
_LEFT_OVER = 0.04
_MOST_LEFT_OVER = 0.12
# Two names of which one is a single word say less.
_SINGLE = 0.85
_SAME = 0.985


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two names are, 0 to 1.

    weakest: how alike the least alike pair of words is that should be one word: in a family it
    is the given name that differs.
    """

    score: float
    weakest: float

    @property
    def is_same(self) -> bool:
        """Whether they are one name but for accents, order and habits of writing."""
        return min(self.score, self.weakest) >= _SAME


NOTHING = Likeness(0.0, 0.0)


def name_words(text: str) -> tuple[Word, ...]:
    """Return the words of a name without those that only join them, at most six."""
    found = words(text)
    major = [each for each in found if not each.is_particle]
    return tuple((major or found)[:_MOST_WORDS])


def likeness(mine: Sequence[Word], theirs: Sequence[Word]) -> Likeness:
    """Return how alike two names are; nothing when one of them is empty."""
    if not mine or not theirs:
        return NOTHING
    best = _paired(mine, theirs)
    if best.weakest < _SAME:
        for one, other in _rejoined(mine, theirs):
            best = max(best, _paired(one, other), key=lambda each: each.score)
    return best


def _rejoined(
    mine: Sequence[Word], theirs: Sequence[Word]
) -> Iterator[tuple[Sequence[Word], Sequence[Word]]]:
    """Yield both names with two neighbouring words of one of them written as one."""
    if len(mine) == len(theirs):
        return
    for at in range(len(mine) - 1 if len(mine) > len(theirs) else 0):
        yield _joined(mine, at), theirs
    for at in range(len(theirs) - 1 if len(theirs) > len(mine) else 0):
        yield mine, _joined(theirs, at)


def _joined(name: Sequence[Word], at: int) -> list[Word]:
    whole = word(name[at].surface + name[at + 1].surface)
    return [*name[:at], whole, *name[at + 2 :]]


def _paired(mine: Sequence[Word], theirs: Sequence[Word]) -> Likeness:
    pairs = sorted(
        (
            (max(similarity(one, other), similarity(other, one)), -abs(at - place), at, place)
            for at, one in enumerate(mine)
            for place, other in enumerate(theirs)
        ),
        reverse=True,
    )
    taken: set[int] = set()
    given: set[int] = set()
    values = []
    for value, _, at, place in pairs:
        if at not in taken and place not in given:
            taken.add(at)
            given.add(place)
            values.append(value)
    left_over = len(mine) + len(theirs) - 2 * len(values)
    score = sum(values) / len(values) - min(_LEFT_OVER * left_over, _MOST_LEFT_OVER)
    if len(values) == 1:
        score *= _SINGLE
    return Likeness(max(score, 0.0), min(values))
