"""The index of names, in memory only."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from uuid import UUID

from registry.finding.asking import Asked, asked_for
from registry.finding.engine import Match
from registry.finding.gathering import Gathering
from registry.finding.normalising import forget, is_particle, surfaces, word
from registry.finding.parts import Parts, below, under
from registry.finding.people import PeopleStore
from registry.finding.ranking import Held, Verdict, reason_for
from registry.finding.vocabulary import NAME, PLACE, Vocabulary

# What a word is to its person, in the low two bits of the packed word.
_NAME, _ALIAS, _PLACE, _PARTICLE = range(4)
_MOST_PLACE_WORDS = 8
_LEAST_SCORE = 0.45
# How many times more people are looked at closely than are shown.
_CLOSELY = 3
_YEAR_VALUE = 0.03
_WORN = 100_000


class NameIndex:
    """Names, aliases, places, posts and birth years of everybody, and the search over them."""

    def __init__(self) -> None:
        self._vocabulary = Vocabulary()
        self._store = PeopleStore()

    def __len__(self) -> int:
        return len(self._store)

    def __contains__(self, person_id: UUID) -> bool:
        return self._store.slot(person_id) is not None

    @property
    def words(self) -> int:
        """How many different words there are."""
        return len(self._vocabulary)

    @property
    def is_worn(self) -> bool:
        """Whether so many people left or changed that filling a new index saves memory."""
        return self._store.emptied > _WORN + len(self._store)

    # --- filling

    def load_later(self) -> None:
        """Put off listing words by likeness until `settle`: for filling from nothing."""
        self._vocabulary.neighbours.load_later()

    def settle(self) -> None:
        """Pack what was added."""
        self._vocabulary.neighbours.settle()

    def add(
        self,
        person_id: UUID,
        names: str,
        alias: str,
        post_ids: Sequence[int],
        birth_year: int | None,
        place: str,
    ) -> None:
        """Add a person, or replace what is known of them."""
        self.remove(person_id)
        packed = self._pack(names, _NAME) + self._pack(alias, _ALIAS)
        if packed and all(entry & 3 == _PARTICLE for entry in packed):
            packed = [entry & ~3 | _NAME for entry in packed]
        packed += self._pack(place, _PLACE)[:_MOST_PLACE_WORDS]
        slot = self._store.add(person_id, packed, post_ids, birth_year or 0)
        for entry in packed:
            self._vocabulary.hold(entry >> 2)
            if entry & 3 != _PARTICLE:
                self._vocabulary.list_person(entry >> 2, slot, _listing(entry))

    def _pack(self, text: str, role: int) -> list[int]:
        packed = []
        for surface in surfaces(text):
            number = self._vocabulary.number(surface)
            if number is None:
                continue
            if not is_particle(surface):
                packed.append(number << 2 | role)
            elif role != _PLACE:
                packed.append(number << 2 | _PARTICLE)
        return packed

    def remove(self, person_id: UUID) -> bool:
        """Forget a person; returns whether they were here."""
        removed = self._store.remove(person_id)
        if removed is None:
            return False
        slot, packed = removed
        for entry in packed:
            if entry & 3 != _PARTICLE:
                self._vocabulary.unlist_person(entry >> 2, slot, _listing(entry))
        for entry in packed:
            self._vocabulary.release(entry >> 2)
        forget()
        return True

    def parts(self) -> dict[str, bytes]:
        """Return everything in it as bytes, by name."""
        return {**under("people", self._store.parts()), **under("words", self._vocabulary.parts())}

    @classmethod
    def restored(cls, parts: Parts) -> NameIndex:
        """Undo `parts`."""
        index = cls()
        index._store.restore(below("people", parts))
        index._vocabulary.restore(below("words", parts))
        return index

    # --- asking

    def search(self, query: str, *, post_ids: Sequence[int] | None, limit: int = 20) -> list[Match]:
        """Return who may be meant, the likest first, among the people of these posts.

        post_ids None means every post. Nobody out of scope takes part in ranking.
        """
        asked = asked_for(query)
        scope = self._store.scope(post_ids)
        if not asked.words or (scope is not None and not scope.size):
            return []
        gathering = Gathering(asked, self._vocabulary, self._store, scope)
        judged: list[tuple[float, int, Verdict]] = []
        for value, slot in gathering.best(_CLOSELY * limit):
            if len(judged) >= limit and judged[limit - 1][0] <= -value - _YEAR_VALUE:
                break
            verdict = gathering.verdict(slot, self._held(slot))
            score = self._with_year(verdict.score, asked, slot)
            if score >= _LEAST_SCORE:
                insort(judged, (-score, slot, verdict), key=lambda item: item[:2])
        return [
            Match(self._store.person_id(slot), min(-minus, 1.0), self._reason(verdict))
            for minus, slot, verdict in judged[:limit]
        ]

    def _held(self, slot: int) -> list[Held]:
        return [
            Held(entry >> 2, entry & 3 == _PLACE, entry & 3 == _NAME)
            for entry in self._store.words(slot)
        ]

    def _with_year(self, score: float, asked: Asked, slot: int) -> float:
        year = self._store.years[slot]
        if not asked.years or not year:
            return score
        return score + (_YEAR_VALUE if year in asked.years else -_YEAR_VALUE)

    def _reason(self, verdict: Verdict) -> str:
        texts = self._vocabulary.surfaces
        return str(reason_for(verdict, [word(texts[held.surface]) for _, held in verdict.pairs]))


def _listing(entry: int) -> int:
    return PLACE if entry & 3 == _PLACE else NAME
