"""Looking closely at the people gathered: how well each fits, and by which words."""

from __future__ import annotations

import numpy as np

from registry.finding.gathering import Gathering
from registry.finding.judging import judged
from registry.finding.ranges import Integers, Reals
from registry.finding.ranking import Held, Reason, judge
from registry.finding.terms import IS_NAME, IS_PLACE, People


class Closely:
    """The score of each of these people, 0 to 1, and why those one asks about are found."""

    def __init__(self, people: People, gathering: Gathering) -> None:
        self._people = people
        self._gathering = gathering
        self._wanted = [*gathering.terms, *gathering.minor]
        self.slots: list[int] = people.slots.tolist()
        alike, is_extra = self._likeness()
        weights = np.array([term.weight for term in self._wanted])
        self._judged = judged(alike, weights, is_extra)
        self.scores: list[float] = self._judged.scores.tolist()
        self._rejoined: set[int] = set()
        concerned = np.flatnonzero(np.isin(people.slots, gathering.rejoining.slots))
        for at in concerned.tolist():
            self._try_rejoining(at)

    def _likeness(self) -> tuple[Reals, Integers]:
        people = self._people
        rows = np.repeat(np.arange(len(people.slots)), people.lengths)
        columns = np.arange(len(rows)) - people.starts[rows]
        longest = int(people.lengths.max())
        alike: Reals = np.zeros((len(people.slots), len(self._wanted), longest))
        for place, term in enumerate(self._wanted):
            alike[rows, place, columns] = term.likeness(people)
        is_extra = np.zeros((len(people.slots), longest), bool)
        is_extra[rows, columns] = people.roles == IS_NAME
        return alike, is_extra

    def _try_rejoining(self, at: int) -> None:
        gathering = self._gathering
        ways = gathering.rejoining.ways(
            self.slots[at], gathering.terms, gathering.minor, self._held(at)
        )
        for wanted, held in ways:
            verdict = judge(wanted, held).rejoined()
            if verdict.score > self.scores[at]:
                self.scores[at] = verdict.score
                self._rejoined.add(at)

    def _held(self, at: int) -> list[Held]:
        first = int(self._people.starts[at])
        last = first + int(self._people.lengths[at])
        surfaces = self._people.surfaces[first:last].tolist()
        roles = self._people.roles[first:last].tolist()
        return [
            Held(surface, role == IS_PLACE, role == IS_NAME)
            for surface, role in zip(surfaces, roles, strict=True)
        ]

    def reason(self, at: int) -> Reason:
        """Return why one of them is found: what `reason_for` says, without forming the words."""
        vocabulary = self._gathering.vocabulary
        if at in self._rejoined:
            return Reason.JOINED
        first = int(self._people.starts[at])
        pairs = [
            (term.asked, int(self._people.surfaces[first + theirs]))
            for term, theirs in zip(self._wanted, self._judged.chosen[at].tolist(), strict=True)
            if theirs >= 0
        ]
        if all(asked.surface == vocabulary.surfaces[held] for asked, held in pairs):
            if not self._judged.is_complete[at]:
                return Reason.PARTIAL
            return Reason.EXACT if self._judged.is_in_order[at] else Reason.ORDER
        if any(asked.script != vocabulary.script(held) for asked, held in pairs):
            return Reason.TRANSLITERATION
        return Reason.SPELLING
