"""Words that were typed as one and registered as two, or the other way round."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from registry.finding.asking import Asked
from registry.finding.normalising import Word
from registry.finding.ranges import Integers, Reals, distinct
from registry.finding.ranking import Held, Wanted
from registry.finding.terms import Bench, Term
from registry.finding.vocabulary import NAME, Vocabulary

_JOINED_VALUE = 0.97
_MOST_PEOPLE = 40_000
_SHORTEST_HALF = 2


class Whole:
    """A typed word that two neighbouring words of a person make up together."""

    def __init__(self, term: Term, surfaces: tuple[int, int]) -> None:
        self.asked = term.asked
        self.weight = term.weight
        self._surfaces = surfaces

    def alike_to(self, held: Held) -> float:
        """Return 1 for either half."""
        return 1.0 if held.surface in self._surfaces else 0.0


class Joined:
    """Two typed words that a person has as one."""

    def __init__(self, at: int, asked: Word, alike: dict[int, float]) -> None:
        self.at = at
        self.asked = asked
        self.weight = 1.0
        self._alike = alike

    def alike_to(self, held: Held) -> float:
        """Return how alike a person's word is."""
        return self._alike.get(held.surface, 0.0)


@dataclass(frozen=True, slots=True)
class Parted:
    """The typed word at a place, and the surfaces of its two halves."""

    at: int
    first: frozenset[int]
    second: frozenset[int]


class Rejoining:
    """Who has a typed word in two pieces, or two typed words in one."""

    def __init__(self, asked: Asked, vocabulary: Vocabulary, bench: Bench) -> None:
        self._asked = asked
        self._vocabulary = vocabulary
        self._bench = bench
        self.joined: list[tuple[Joined, Integers]] = []
        self.parted: dict[int, list[Parted]] = {}
        self.slots: Integers = np.empty(0, np.int64)

    def look(self, *, closely: bool) -> None:
        """Look for them: as typed, or closely, for words that are spelled otherwise too."""
        self._find_joined(closely)
        self._find_parted(closely)
        found = [slots for _, slots in self.joined]
        found.append(np.array(sorted(self.parted), np.int64))
        self.slots = distinct(np.concatenate(found))

    def _find_joined(self, closely: bool) -> None:
        self.joined = []
        if closely:
            pairs: Iterable[tuple[int, Word]] = self._asked.joined
        else:
            pairs = self._joined_as_typed()
        for at, typed in pairs:
            term = Term(typed, self._vocabulary, self._bench)
            surfaces = term.alike.surfaces
            slots, _ = self._vocabulary.listed[NAME].people(surfaces)
            if 0 < len(slots) <= _MOST_PEOPLE:
                alike = dict(zip(surfaces.tolist(), term.alike.values.tolist(), strict=True))
                self.joined.append((Joined(at, typed, alike), distinct(slots)))

    def _joined_as_typed(self) -> Iterable[tuple[int, Word]]:
        typed = self._asked.words
        for at, (first, second) in enumerate(pairwise(typed)):
            number = self._vocabulary.surface_number(first.surface + second.surface)
            if number is not None:
                yield at, self._vocabulary.word(number)

    def _find_parted(self, closely: bool) -> None:
        self.parted = {}
        for at in range(len(self._asked.words)):
            for first, second in self._halves(at, closely):
                if first and second:
                    way = Parted(at, frozenset(first), frozenset(second))
                    for slot in self._having_both(first, second):
                        self.parted.setdefault(slot, []).append(way)

    def _halves(self, at: int, closely: bool) -> Iterable[tuple[list[int], list[int]]]:
        if closely:
            for first, second in self._asked.parted(at):
                yield self._spellings(first.folded), self._spellings(second.folded)
            return
        surface = self._asked.words[at].surface
        number, fold_of = self._vocabulary.surface_number, self._vocabulary.fold_of
        for cut in range(_SHORTEST_HALF, len(surface) - _SHORTEST_HALF + 1):
            head = number(surface[:cut])
            tail = number(surface[cut:]) if head is not None else None
            if head is not None and tail is not None:
                spellings = self._vocabulary.spellings
                yield spellings(fold_of[head]), spellings(fold_of[tail])

    def _spellings(self, folded: str) -> list[int]:
        fold = self._vocabulary.fold_number(folded)
        return [] if fold is None else self._vocabulary.spellings(fold)

    def _having_both(self, first: Sequence[int], second: Sequence[int]) -> list[int]:
        listed = self._vocabulary.listed[NAME]
        halves = [np.array(half, np.int64) for half in (first, second)]
        halves.sort(key=lambda half: int(listed.counts(half).sum()))
        if not 0 < int(listed.counts(halves[0]).sum()) <= _MOST_PEOPLE:
            return []
        fewer, more = (distinct(listed.people(half)[0]) for half in halves)
        found: list[int] = np.intersect1d(fewer, more, assume_unique=True).tolist()
        return found

    def raise_fits(self, slots: Integers, fits: Reals) -> Integers:
        """Let these people, in growing order, fit the rejoined words; return whom it concerned."""
        concerned = np.zeros(len(slots), bool)
        if not len(self.slots):
            return concerned
        for whole, theirs in self.joined:
            here = np.isin(slots, theirs)
            concerned |= here
            fits[whole.at : whole.at + 2, here] = np.maximum(
                fits[whole.at : whole.at + 2, here], _JOINED_VALUE
            )
        for slot, ways in self.parted.items():
            at = int(np.searchsorted(slots, slot))
            if at < len(slots) and slots[at] == slot:
                concerned[at] = True
                for way in ways:
                    fits[way.at, at] = max(fits[way.at, at], _JOINED_VALUE)
        return concerned

    def ways(
        self, slot: int, terms: Sequence[Term], minor: Sequence[Term], held: Sequence[Held]
    ) -> Iterable[tuple[Sequence[Wanted], Sequence[Held]]]:
        """Yield the readings of the query in which a person's words rejoin."""
        for whole, slots in self.joined:
            place = int(np.searchsorted(slots, slot))
            if place < len(slots) and slots[place] == slot:
                at = whole.at
                whole.weight = terms[at].weight + terms[at + 1].weight
                yield [*terms[:at], whole, *terms[at + 2 :], *minor], held
        for way in self.parted.get(slot, ()):
            halves = [
                (a, b)
                for a in held
                for b in held
                if a is not b and a.surface in way.first and b.surface in way.second
            ]
            for a, b in halves[:1]:
                joint = Whole(terms[way.at], (a.surface, b.surface))
                rest = [*terms[way.at + 1 :], *minor]
                yield [*terms[: way.at], joint, *rest], [known for known in held if known is not b]
