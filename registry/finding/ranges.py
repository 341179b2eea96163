"""Many stretches of one long list, taken out in one go."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Integers: TypeAlias = npt.NDArray[Any]
Reals: TypeAlias = npt.NDArray[np.float64]


def spread(starts: Integers, lengths: Integers) -> Integers:
    """Return the positions of stretches, one stretch after the other."""
    if not len(lengths):
        return np.empty(0, np.int64)
    ends = lengths.cumsum()
    found: Integers = (starts - ends + lengths).repeat(lengths)
    found += np.arange(len(found))
    return found


def distinct(numbers: Integers) -> Integers:
    """Return numbers in growing order, each once. Quicker than `numpy.unique` on short lists."""
    if len(numbers) < 2:
        return numbers
    ordered = numbers.copy()
    ordered.sort()
    is_new = np.empty(len(ordered), bool)
    is_new[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=is_new[1:])
    found: Integers = ordered[is_new]
    return found
