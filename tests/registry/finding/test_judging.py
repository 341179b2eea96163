"""Many people judged at once are judged as one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from registry.finding.judging import judged
from registry.finding.normalising import Word, word
from registry.finding.ranking import Held, judge

_VALUES = st.sampled_from([0.0, 0.5, 0.5, 0.8, 0.97, 1.0])
_TABLE = st.tuples(st.integers(1, 4), st.integers(1, 5)).flatmap(
    lambda shape: st.lists(
        st.lists(_VALUES, min_size=shape[1], max_size=shape[1]),
        min_size=shape[0],
        max_size=shape[0],
    )
)


class _Typed:
    """A typed word that is as alike to a person's words as a row of the table says."""

    def __init__(self, row: list[float], weight: float) -> None:
        self.asked: Word = word("anna")
        self.weight = weight
        self._row = row

    def alike_to(self, held: Held) -> float:
        return self._row[held.surface]


@given(_TABLE, st.lists(st.booleans(), min_size=5, max_size=5))
def test_judging_at_once_is_judging_one_by_one(
    table: list[list[float]], counting: list[bool]
) -> None:
    weights = [1.0, 0.8, 0.7, 0.6][: len(table)]
    held = [Held(at, is_place=False, is_extra=counting[at]) for at in range(len(table[0]))]
    wanted = [_Typed(row, weight) for row, weight in zip(table, weights, strict=True)]
    expected = judge(wanted, held)
    # A second person with the same words and one without any must not disturb the first.
    alike = np.array([table, table, np.zeros_like(table)])
    extra = np.array([[each.is_extra for each in held]] * 3)
    found = judged(alike, np.array(weights), extra)
    for person in (0, 1):
        assert abs(found.scores[person] - expected.score) < 1e-9
        assert bool(found.is_complete[person]) == expected.is_complete
        assert bool(found.is_in_order[person]) == expected.is_in_order
        chosen = {
            wanted.index(typed): known.surface  # type: ignore[arg-type]
            for typed, known in expected.pairs
        }
        row = {mine: int(at) for mine, at in enumerate(found.chosen[person]) if at >= 0}
        assert row == chosen
    assert found.scores[2] == 0
    assert (found.chosen[2] == -1).all()
