"""One typed word: which registered words are alike to it, and how well people fit it."""

from __future__ import annotations

from functools import cached_property
from math import log

import numpy as np

from registry.finding.matching import Alike, Effort, same_surfaces
from registry.finding.normalising import Word
from registry.finding.people import PeopleStore
from registry.finding.ranges import Integers, Reals, distinct
from registry.finding.ranking import Held
from registry.finding.remembering import Memory
from registry.finding.vocabulary import NAME, PLACE, Vocabulary

# What a word is to its person, in the low two bits of the packed word.
IS_NAME, IS_ALIAS, IS_PLACE, IS_PARTICLE = range(4)
# People listed under the words alike to one typed word, at most, the likest words first: when
# they are all looked at, and when they are only compared with those found already.
MOST_PEOPLE = 40_000
_MOST_COMPARED = 250_000
# Going through the words of one person costs as much as so many listed people.
_WORDS_OF_ONE = 6
_PLACE_VALUE = 0.92
_PLACE_LEAST = 0.85
_COMMON_WEIGHT = 0.6
_FEW_SLOTS = 5_000


class Lookup:
    """Values by number, over one list that is always left empty."""

    def __init__(self) -> None:
        self._cells: Reals = np.zeros(0, np.float32)

    def at(self, keys: Integers, values: Reals, asked: Integers, size: int) -> Reals:
        """Return the value of each asked number, 0 for those that are no key.

        Of several values of a key the last counts. All numbers are below `size`.
        """
        if len(self._cells) < size:
            self._cells = np.zeros(size + size // 4 + 64, np.float32)
        self._cells[keys] = values
        found: Reals = self._cells[asked]
        self._cells[keys] = 0
        return found


class Bench:
    """What searches share and leave as they found it."""

    def __init__(self) -> None:
        self.lookup = Lookup()
        self.memory = Memory()


class People:
    """Some people, in growing order of their slots, each with a word at least."""

    def __init__(self, slots: Integers, store: PeopleStore) -> None:
        self.slots = slots
        self._store = store

    @cached_property
    def _words(self) -> tuple[Integers, Integers]:
        return self._store.words_of(self.slots)

    @cached_property
    def surfaces(self) -> Integers:
        """The numbers of their words, person by person."""
        return (self._words[0] >> 2).astype(np.int64)

    @cached_property
    def roles(self) -> Integers:
        """What each of these words is to its person."""
        return self._words[0] & 3

    @property
    def lengths(self) -> Integers:
        """How many words each person has."""
        return self._words[1]

    @cached_property
    def starts(self) -> Integers:
        """Where the words of each person begin."""
        return self.lengths.cumsum() - self.lengths


class Term:
    """One typed word: alike surfaces, and who has them."""

    def __init__(self, asked: Word, vocabulary: Vocabulary, bench: Bench) -> None:
        self.asked = asked
        self.weight = 1.0
        self._vocabulary = vocabulary
        self._bench = bench
        self.know(same_surfaces(asked, vocabulary))

    def widen(self, effort: Effort) -> None:
        """Go from the same word in any accent to all words that are alike."""
        self.know(self._bench.memory.alike(self.asked, self._vocabulary, effort))

    def know(self, alike: Alike) -> None:
        """Take other words to be alike."""
        self.alike = alike
        self._by_surface: dict[int, float] | None = None
        self._likest_kept: tuple[Integers, Reals] | None = None
        placed = alike.values >= _PLACE_LEAST
        self._places = Alike(alike.surfaces[placed], alike.values[placed] * _PLACE_VALUE)
        listed = self._vocabulary.listed
        self._named = listed[NAME].counts(alike.surfaces)
        self._placed = listed[PLACE].counts(self._places.surfaces)
        self.size = int(self._named.sum() + self._placed.sum())

    def loosen(self, surfaces: Integers, values: Reals) -> None:
        """Take some more words to be a little alike."""
        self.know(
            Alike(
                np.concatenate([self.alike.surfaces, surfaces]),
                np.concatenate([self.alike.values, values]),
            )
        )

    def weigh(self, people: int) -> None:
        """Set the weight: a rare word says more than a common one."""
        values = self.alike.values[self._named > 0].tolist()[:1]
        values += self._places.values[self._placed > 0].tolist()[:1]
        best = max(values, default=0.0)
        bearers = int(self._named[self.alike.values > best - 0.05].sum())
        bearers += int(self._placed[self._places.values > best - 0.05].sum())
        self.weight = _COMMON_WEIGHT + (1 - _COMMON_WEIGHT) * log(
            (people + 20) / (bearers + 1)
        ) / log(people + 20)

    def _likest(self, most: int) -> tuple[Integers, Reals]:
        """Return slots and values of those under the likest words, the likest last."""
        if self._likest_kept is not None and self.size <= most:
            return self._likest_kept
        found = self._under(NAME, self.alike, self._named, most)
        if self._placed.any():
            places = self._under(PLACE, self._places, self._placed, most)
            found = np.concatenate([places[0], found[0]]), np.concatenate([places[1], found[1]])
        self._likest_kept = found
        return found

    def _under(
        self, kind: int, alike: Alike, counts: Integers, most: int
    ) -> tuple[Integers, Reals]:
        some = counts.nonzero()[0]
        totals = counts[some].cumsum()
        if len(totals) and totals[-1] > most:
            some = some[: 1 + int(totals.searchsorted(most))]
        some = some[::-1]
        people, lengths = self._vocabulary.listed[kind].people(alike.surfaces[some])
        return people, alike.values[some].repeat(lengths)

    def people(self, slots: int) -> Integers:
        """Return everybody under the likest words, each once; `slots` is how many slots are."""
        found, _ = self._likest(MOST_PEOPLE)
        if len(found) <= _FEW_SLOTS:
            return distinct(found)
        is_found = np.zeros(slots, bool)
        is_found[found] = True
        return np.flatnonzero(is_found)

    def fit(self, people: People, slots: int) -> Reals:
        """Return how well each of these people fits."""
        if self.size > _WORDS_OF_ONE * len(people.slots):
            return self.fit_closely(people)
        found, values = self._likest(_MOST_COMPARED)
        return self._bench.lookup.at(found, values, people.slots, slots)

    def fit_closely(self, people: People) -> Reals:
        """Return the same by going through their words."""
        if not len(people.slots):
            return np.empty(0)
        best: Reals = np.maximum.reduceat(self.likeness(people), people.starts)
        return best

    def likeness(self, people: People) -> Reals:
        """Return how alike each word of theirs is, 0 when it is not."""
        known = self.alike
        size = len(self._vocabulary.surfaces)
        values = self._bench.lookup.at(known.surfaces, known.values, people.surfaces, size)
        placed = np.where(values >= np.float32(_PLACE_LEAST), values * _PLACE_VALUE, 0)
        return np.where(people.roles == IS_PLACE, placed, values)

    def alike_to(self, held: Held) -> float:
        """Return how alike a person's word is, 0 when it is not."""
        if self._by_surface is None:
            known = self.alike
            self._by_surface = dict(
                zip(known.surfaces.tolist(), known.values.tolist(), strict=True)
            )
        alike = self._by_surface.get(held.surface, 0.0)
        if held.is_place:
            return alike * _PLACE_VALUE if alike >= _PLACE_LEAST else 0.0
        return alike
