"""Gathering the people who may be meant, cheaply, before anybody is looked at closely.

Each typed word is a *term*: how alike the known words are to it, and so how well it fits each
person. A person's rough value is the weighted sum over the terms. Lists of people are met in
the order of how few they are, so that "Maria Xenopoulou" costs what "Xenopoulou" costs.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Sequence
from heapq import nlargest
from itertools import combinations
from math import log

from registry.finding.asking import Asked
from registry.finding.matching import (
    QUICK,
    THOROUGH,
    Effort,
    alike_surfaces,
    loosely_alike,
    same_surfaces,
)
from registry.finding.normalising import Word
from registry.finding.people import PeopleStore, Scope
from registry.finding.ranking import Held, Verdict, Wanted, judge
from registry.finding.vocabulary import NAME, PLACE, Vocabulary

# People listed under the words alike to one typed word, at most, the likest words first: when
# they are all looked at, and when they are only compared with those found already.
_MOST_PEOPLE = 40_000
_MOST_COMPARED = 250_000
_FEW = 20_000
# People who fit one term alone, looked at when too few fit two.
_MOST_SINGLES = 1_500
_MOST_LOOSE = 60
_FITS_WELL = 0.85
_PLACE_VALUE = 0.92
_PLACE_LEAST = 0.85
_JOINED_VALUE = 0.97
_MINOR_WEIGHT = 0.08
_COMMON_WEIGHT = 0.6


class Term:
    """One typed word: alike surfaces, and how well each gathered person fits."""

    def __init__(self, asked: Word, vocabulary: Vocabulary) -> None:
        self.asked = asked
        self._vocabulary = vocabulary
        self.alike: dict[int, float] = {}
        self._listed: list[tuple[float, array[int]]] = []
        self.fit: dict[int, float] = {}
        self.weight = 1.0
        self.size = 0
        self._know(same_surfaces(asked, vocabulary))

    def widen(self, effort: Effort) -> None:
        """Go from the same word in any accent to all words that are alike."""
        self._know(alike_surfaces(self.asked, self._vocabulary, effort))

    def _know(self, alike: dict[int, float]) -> None:
        self.alike = alike
        self.fit = {}
        self._listed = []
        for surface, value in alike.items():
            if named := self._vocabulary.people(surface):
                self._listed.append((value, named))
            if value >= _PLACE_LEAST and (placed := self._vocabulary.people(surface, PLACE)):
                self._listed.append((value * _PLACE_VALUE, placed))
        self._listed.sort(key=lambda item: -item[0])
        self.size = sum(len(people) for _, people in self._listed)

    def gather(self, most: int = _MOST_PEOPLE) -> None:
        """Fill `fit` with everybody listed, or with those under the likest words."""
        fit: dict[int, float] = {}
        for value, people in self._likest(most):
            fit.update(dict.fromkeys(people, value))
        self.fit = fit

    def compare(self, slots: set[int]) -> None:
        """Add to `fit` those of `slots` who are listed, if anybody is still missing."""
        if len(self.fit) < self.size:
            for value, people in self._likest(_MOST_COMPARED):
                self.fit.update(dict.fromkeys(slots.intersection(people), value))

    def _likest(self, most: int) -> list[tuple[float, array[int]]]:
        room, chosen = most, 0
        for _, people in self._listed:
            if room <= 0:
                break
            room -= len(people)
            chosen += 1
        return self._listed[:chosen][::-1]

    def weigh(self, people: int) -> None:
        """Set the weight: a rare word says more than a common one."""
        best = self._listed[0][0] if self._listed else 0.0
        bearers = sum(len(named) for value, named in self._listed if value > best - 0.05)
        self.weight = _COMMON_WEIGHT + (1 - _COMMON_WEIGHT) * log(
            (people + 20) / (bearers + 1)
        ) / log(people + 20)

    def raise_fit(self, slot: int, value: float) -> None:
        """Let a person fit at least so well."""
        if value > self.fit.get(slot, 0.0):
            self.fit[slot] = value

    def alike_to(self, held: Held) -> float:
        """Return how alike a person's word is, 0 when it is not."""
        alike = self.alike.get(held.surface, 0.0)
        if held.is_place:
            return alike * _PLACE_VALUE if alike >= _PLACE_LEAST else 0.0
        return alike


class Whole:
    """A typed word that two neighbouring words of a person make up together."""

    def __init__(self, term: Term, surfaces: tuple[int, int]) -> None:
        self.asked = term.asked
        self.weight = term.weight
        self._surfaces = surfaces

    def alike_to(self, held: Held) -> float:
        """Return 1 for either half."""
        return 1.0 if held.surface in self._surfaces else 0.0


class Gathering:
    """The people who may be meant, with their rough values."""

    def __init__(
        self, asked: Asked, vocabulary: Vocabulary, store: PeopleStore, scope: Scope | None
    ) -> None:
        self._asked = asked
        self._vocabulary = vocabulary
        self._store = store
        self._scope = scope
        # The people of a few posts are so few that each is compared with every term.
        self._few = set(scope) if scope is not None and scope.size <= _FEW else None
        self.terms = [Term(typed, vocabulary) for typed in asked.words]
        self._minor = [Term(typed, vocabulary) for typed in asked.minor]
        # Typed words run together, and who has them so.
        self._joined: list[tuple[int, Term]] = []
        self._parted: dict[int, list[tuple[int, set[int], set[int]]]] = {}

    def best(self, limit: int) -> list[tuple[float, int]]:
        """Return (rough value, slot) of the likeliest people, at most `limit`, the best first.

        Looks further only while nobody fits well.
        """
        slots = self._fitting_all()
        if len(slots) >= limit:
            return self._valued(slots, limit)
        valued: list[tuple[float, int]] = []
        for effort in (QUICK, THOROUGH):
            slots = self._fitting_two(effort)
            valued = self._valued(slots, limit)
            if valued and valued[0][0] >= _FITS_WELL:
                return valued
        return self._valued(slots | self._fitting_one(), limit)

    def _weigh(self) -> None:
        for term in self.terms:
            term.weigh(len(self._store))
        for term in self._minor:
            term.weight = _MINOR_WEIGHT
        for at, whole in self._joined:
            whole.weight = self.terms[at].weight + self.terms[at + 1].weight

    def _valued(self, slots: set[int], limit: int) -> list[tuple[float, int]]:
        self._weigh()
        for term in self._minor:
            term.compare(slots)
        terms = self.terms + self._minor
        total = sum(term.weight for term in terms)
        fits = [(term.weight / total, term.fit) for term in terms]
        valued = []
        for slot in slots:
            value = 0.0
            for weight, fit in fits:
                value += weight * fit.get(slot, 0.0)
            valued.append((value, slot))
        return nlargest(limit, valued)

    def verdict(self, slot: int, held: Sequence[Held]) -> Verdict:
        """Look closely at one person."""
        best = judge([*self.terms, *self._minor], held)
        for wanted, theirs in self._other_ways(slot, held):
            other = judge(wanted, theirs).rejoined()
            if other.score > best.score:
                best = other
        return best

    def _other_ways(
        self, slot: int, held: Sequence[Held]
    ) -> Iterable[tuple[Sequence[Wanted], Sequence[Held]]]:
        for at, whole in self._joined:
            if slot in whole.fit:
                yield [*self.terms[:at], whole, *self.terms[at + 2 :], *self._minor], held
        for at, first, second in self._parted.get(slot, ()):
            halves = [
                (a, b)
                for a in held
                for b in held
                if a is not b and a.surface in first and b.surface in second
            ]
            for a, b in halves[:1]:
                whole_term = Whole(self.terms[at], (a.surface, b.surface))
                rest = [*self.terms[at + 1 :], *self._minor]
                yield (
                    [*self.terms[:at], whole_term, *rest],
                    [known for known in held if known is not b],
                )

    def _in_scope(self, slots: Collection[int]) -> set[int]:
        if self._few is not None:
            return self._few.intersection(slots)
        return set(slots) if self._scope is None else set(self._scope.only(slots))

    def _gather(self, term: Term) -> None:
        if self._few is None:
            term.gather()
        else:
            term.compare(self._few)

    def _by_size(self) -> list[Term]:
        return sorted(self.terms, key=lambda term: term.size)

    def _fitting_all(self) -> set[int]:
        rarest, *others = self._by_size()
        self._gather(rarest)
        slots = self._in_scope(rarest.fit)
        for term in others:
            term.compare(slots)
            slots &= term.fit.keys()
        return slots

    def _fitting_two(self, effort: Effort) -> set[int]:
        """Return who fits two terms, or one when there is one, or a joined or parted word."""
        for term in self.terms:
            term.widen(effort)
        terms = self._by_size()
        for base in terms[: max(1, min(2, len(terms) - 1))]:
            self._gather(base)
        near = self._in_scope(set().union(*(term.fit for term in terms)))
        self._find_joined()
        self._find_parted()
        fitting = set().union(self._parted, *(whole.fit for _, whole in self._joined))
        near |= fitting
        for term in terms:
            term.compare(near)
        self._raise_rejoined()
        if len(terms) == 1:
            return near
        for term, other in combinations(terms, 2):
            fitting |= near & term.fit.keys() & other.fit.keys()
        return fitting

    def _fitting_one(self) -> set[int]:
        slots: set[int] = set()
        for term in self.terms:
            self._gather(term)
            alone = self._in_scope(term.fit)
            if len(alone) > _MOST_SINGLES:
                alone = set(nlargest(_MOST_SINGLES, alone, key=term.fit.__getitem__))
            slots |= alone
            for other in self.terms:
                if other is not term:
                    self._look_loosely(other, alone)
        return slots

    def _look_loosely(self, term: Term, slots: Iterable[int]) -> None:
        """Let people fit a term by the word of theirs that is least unlike it."""
        bearers: dict[int, list[int]] = {}
        for slot in slots:
            if slot not in term.fit:
                for entry in self._store.words(slot):
                    bearers.setdefault(entry >> 2, []).append(slot)
        surfaces = [surface for surface in bearers if surface not in term.alike]
        vocabulary = self._vocabulary
        folds = [vocabulary.folds[vocabulary.fold_of[surface]] for surface in surfaces]
        for at, alike in loosely_alike(term.asked, folds, _MOST_LOOSE):
            term.alike[surfaces[at]] = alike
            for slot in bearers[surfaces[at]]:
                term.raise_fit(slot, alike)

    def _find_joined(self) -> None:
        self._joined = []
        for at, typed in self._asked.joined:
            whole = Term(typed, self._vocabulary)
            self._gather(whole)
            whole.fit = {slot: whole.fit[slot] for slot in self._in_scope(whole.fit)}
            self._joined.append((at, whole))

    def _find_parted(self) -> None:
        self._parted = {}
        for at in range(len(self.terms)):
            for first, second in self._asked.parted(at):
                halves = self._spellings(first), self._spellings(second)
                for slot in self._in_scope(self._having_both(*halves)):
                    self._parted.setdefault(slot, []).append((at, *halves))

    def _raise_rejoined(self) -> None:
        for at, whole in self._joined:
            for slot, alike in whole.fit.items():
                self.terms[at].raise_fit(slot, alike * _JOINED_VALUE)
                self.terms[at + 1].raise_fit(slot, alike * _JOINED_VALUE)
        for slot, ways in self._parted.items():
            for at, _, _ in ways:
                self.terms[at].raise_fit(slot, _JOINED_VALUE)

    def _spellings(self, half: Word) -> set[int]:
        fold = self._vocabulary.fold_number(half.folded)
        return set() if fold is None else set(self._vocabulary.spellings(fold))

    def _having_both(self, first: set[int], second: set[int]) -> set[int]:
        people = self._vocabulary.people
        lists = [[people(surface, NAME) for surface in half] for half in (first, second)]
        lists.sort(key=lambda half: sum(map(len, half)))
        fewer, more = lists
        if not fewer or sum(map(len, fewer)) > _MOST_PEOPLE:
            return set()
        slots = set().union(*fewer)
        return set().union(*(slots.intersection(named) for named in more))
