"""Who is listed under which word.

Everybody who was there at the last packing stands in one long list, sorted by word; whoever
came since stands in small lists of their own. People who left stay listed: their slots are
never given out again, and whoever asks drops the slots nobody sits in.
"""

from __future__ import annotations

from array import array

import numpy as np

from registry.finding.ranges import Integers, spread

_FEWEST_FRESH = 50_000
_SLOT_BITS = 32


class Postings:
    """People by the number of a word."""

    def __init__(self) -> None:
        self._starts: Integers = np.zeros(1, np.int64)
        self._slots: Integers = np.empty(0, np.uint32)
        self._fresh: dict[int, array[int]] = {}
        self._fresh_count = 0
        # Living people under each word.
        self._counts = array("I")

    def new_word(self) -> None:
        """Make room for the next word."""
        self._counts.append(0)

    @property
    def is_due(self) -> bool:
        """Whether so many came since the last packing that packing again pays."""
        return self._fresh_count > max(_FEWEST_FRESH, len(self._slots) // 4)

    def list_person(self, word: int, slot: int) -> None:
        """List a person under a word, once."""
        people = self._fresh.get(word)
        if people is None:
            people = self._fresh[word] = array("I")
        people.append(slot)
        self._fresh_count += 1
        self._counts[word] += 1

    def unlist_person(self, word: int) -> None:
        """Count one person less under a word."""
        self._counts[word] -= 1

    def pack(self, words: Integers, slots: Integers) -> None:
        """List these people anew: `slots[i]` under `words[i]`. Some may be there twice."""
        keys = words.astype(np.uint64) << _SLOT_BITS | slots.astype(np.uint64)
        keys.sort()
        if len(keys):
            keys = keys[np.concatenate(([True], keys[1:] != keys[:-1]))]
        counts = np.bincount((keys >> _SLOT_BITS).astype(np.int64), minlength=len(self._counts))
        self._starts = np.concatenate(([0], np.cumsum(counts)))
        self._slots = keys.astype(np.uint32)
        self._counts = array("I", counts.astype(np.uint32).tobytes())
        self._fresh, self._fresh_count = {}, 0

    def counts(self, words: Integers) -> Integers:
        """Return how many people are listed under each of these words."""
        return np.frombuffer(self._counts, np.uint32)[words].astype(np.int64)

    def people(self, words: Integers) -> tuple[Integers, Integers]:
        """Return slots word by word, and how many there are for each word.

        Some slots may be empty by now.
        """
        packed = len(self._starts) - 1
        # Most of the time every word was there at the last packing.
        known = words if not self._fresh else np.minimum(words, max(packed - 1, 0))
        if packed:
            starts = self._starts[known]
            lengths = self._starts[known + 1] - starts
            if self._fresh:
                lengths[words >= packed] = 0
            slots = self._slots[spread(starts, lengths)]
        else:
            lengths, slots = np.zeros(len(words), np.int64), self._slots
        if not self._fresh:
            return slots, lengths
        return self._with_fresh(words, slots, lengths)

    def _with_fresh(
        self, words: Integers, slots: Integers, lengths: Integers
    ) -> tuple[Integers, Integers]:
        fresh = [
            (at, self._fresh[word]) for at, word in enumerate(words.tolist()) if word in self._fresh
        ]
        if not fresh:
            return slots, lengths
        ends = np.cumsum(lengths)
        pieces, done, lengths = [], 0, lengths.copy()
        for at, people in fresh:
            end = int(ends[at])
            pieces += [slots[done:end], np.array(people, np.uint32)]
            lengths[at] += len(people)
            done = end
        return np.concatenate([*pieces, slots[done:]]), lengths
