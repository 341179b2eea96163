"""Gathering the people who may be meant, cheaply, before anybody is looked at closely.

Each typed word is a *term*: how alike the known words are to it, and so how well it fits each
person. A person's rough value is the weighted sum over the terms. People are taken from under
the rarest terms, so that "Maria Xenopoulou" costs what "Xenopoulou" costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from registry.finding.asking import Asked
from registry.finding.matching import SLIGHT, THOROUGH, loosely_alike
from registry.finding.people import PeopleStore, Scope
from registry.finding.ranges import Integers, Reals, distinct
from registry.finding.rejoining import Rejoining
from registry.finding.terms import MOST_PEOPLE, Bench, People, Term
from registry.finding.vocabulary import Vocabulary

_FEW = 20_000
# People who fit one term alone, looked at when too few fit two.
_MOST_SINGLES = 1_500
_MOST_LOOSE = 60
# How well somebody must fit to make looking further unnecessary.
_FITS_WELL = 0.85
_MINOR_WEIGHT = 0.08


@dataclass(frozen=True, slots=True)
class Rough:
    """People and their rough values."""

    slots: Integers
    values: Reals

    @property
    def best(self) -> float:
        """The highest value."""
        return float(self.values.max()) if len(self.values) else 0.0

    def likeliest(self, limit: int) -> Integers:
        """Return the slots of the likeliest, the newest of equals."""
        if len(self.slots) <= limit:
            return self.slots
        # By the value in ten-thousandths, then by slot.
        keys = np.round(self.values * 10_000).astype(np.int64) << 32 | self.slots
        chosen = np.argpartition(keys, -limit)[-limit:]
        found: Integers = np.sort(self.slots[chosen])
        return found


class Gathering:
    """The people who may be meant, with their rough values."""

    def __init__(
        self,
        asked: Asked,
        vocabulary: Vocabulary,
        store: PeopleStore,
        scope: Scope,
        bench: Bench,
    ) -> None:
        self.vocabulary = vocabulary
        self._store = store
        self._scope = scope
        self._size = len(store.years)
        self.terms = [Term(typed, vocabulary, bench) for typed in asked.words]
        self.minor = [Term(typed, vocabulary, bench) for typed in asked.minor]
        self.rejoining = Rejoining(asked, vocabulary, bench)
        self._few: People | None = None
        if scope.size <= _FEW and len(store) > MOST_PEOPLE:
            # Among everybody's namesakes those of a few posts could be lost; they are so few
            # that each is compared with every term.
            self._few = People(store.with_words(scope.everybody()), store)

    def best(self, limit: int) -> Integers:
        """Return the slots of the likeliest people, at most `limit`, in growing order.

        Looks further only while nobody fits well.
        """
        if min(term.size for term in self.terms) >= limit:
            rough = self._fitting_all()
            if len(rough.slots) >= limit:
                return rough.likeliest(limit)
        for effort in (SLIGHT, THOROUGH):
            for term in self.terms:
                term.widen(effort)
            self.rejoining.look(closely=effort is THOROUGH)
            rough = self._fitting_two()
            if rough.best >= _FITS_WELL:
                return rough.likeliest(limit)
        return self._fitting_one(rough.slots).likeliest(limit)

    def _weigh(self) -> None:
        for term in self.terms:
            term.weigh(len(self._store))
        for term in self.minor:
            term.weight = _MINOR_WEIGHT

    def _valued(self, people: People, fits: Reals) -> Reals:
        """Return the rough value of people who fit the terms so well."""
        self._weigh()
        terms = [*self.terms, *self.minor]
        rows = [*fits, *(term.fit(people, self._size) for term in self.minor)]
        total = sum(term.weight for term in terms)
        values = np.zeros(len(people.slots))
        for term, row in zip(terms, rows, strict=True):
            values += term.weight / total * row
        return values

    def _people(self, slots: Integers) -> People:
        return People(self._scope.only(slots), self._store)

    def _under(self, term: Term) -> Integers:
        return term.people(self._size)

    def _by_size(self) -> list[Term]:
        return sorted(self.terms, key=lambda term: term.size)

    def _fitting_all(self) -> Rough:
        rarest = self._by_size()[0]
        people = self._few or self._people(self._under(rarest))
        return self._fitting(people, len(self.terms))

    def _fitting(self, people: People, least: int) -> Rough:
        """Return those who fit at least so many terms, and who has words that rejoin."""
        if not len(people.slots):
            return Rough(people.slots, np.empty(0))
        fits = np.array([term.fit(people, self._size) for term in self.terms])
        rejoined = self.rejoining.raise_fits(people.slots, fits)
        kept = ((fits > 0).sum(axis=0) >= least) | rejoined
        return Rough(people.slots[kept], self._valued(people, fits)[kept])

    def _fitting_two(self) -> Rough:
        """Return who fits two terms, or one when there is one, or a joined or parted word."""
        if self._few is not None:
            people = self._few
        else:
            terms = self._by_size()
            bases = terms[: max(1, min(2, len(terms) - 1))]
            slots = [self._under(base) for base in bases]
            slots += [self.rejoining.slots] if len(self.rejoining.slots) else []
            people = self._people(distinct(np.concatenate(slots)) if len(slots) > 1 else slots[0])
        return self._fitting(people, min(2, len(self.terms)))

    def _fitting_one(self, slots: Integers) -> Rough:
        everybody = [slots]
        alone = [self._alone(term) for term in self.terms]
        for place, term in enumerate(self.terms):
            everybody.append(alone[place].slots)
            others = [people for at, people in enumerate(alone) if at != place]
            if others:
                self._look_loosely(term, others)
        return self._fitting(self._people(distinct(np.concatenate(everybody))), 1)

    def _alone(self, term: Term) -> People:
        people = self._few or self._people(self._under(term))
        fits = term.fit(people, self._size)
        fitting = Rough(people.slots[fits > 0], fits[fits > 0])
        return People(fitting.likeliest(_MOST_SINGLES), self._store)

    def _look_loosely(self, term: Term, others: Sequence[People]) -> None:
        """Let people fit a term by the word of theirs that is least unlike it."""
        surfaces = distinct(np.concatenate([people.surfaces for people in others]))
        surfaces = np.setdiff1d(surfaces, term.alike.surfaces, assume_unique=True)
        surfaces = surfaces[np.argsort(self.vocabulary.folds_of(surfaces), kind="stable")]
        folds = self.vocabulary.folds_of(surfaces)
        alike, values = loosely_alike(term.asked, distinct(folds), self.vocabulary)
        likest = np.argsort(-values, kind="stable")[:_MOST_LOOSE]
        alike, values = alike[np.sort(likest)], values[np.sort(likest)]
        if not len(alike):
            return
        place = np.minimum(np.searchsorted(alike, folds), len(alike) - 1)
        kept = alike[place] == folds
        term.loosen(surfaces[kept], values[place[kept]])
