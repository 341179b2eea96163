"""The index of names, in memory only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from registry.finding.asking import Asked, asked_for
from registry.finding.closely import Closely
from registry.finding.engine import Match
from registry.finding.gathering import Gathering
from registry.finding.normalising import forget, is_particle, surfaces
from registry.finding.parts import Parts, below, under
from registry.finding.people import PeopleStore
from registry.finding.points import PointIndex
from registry.finding.terms import IS_ALIAS, IS_NAME, IS_PARTICLE, IS_PLACE, Bench, People
from registry.finding.vocabulary import NAME, PLACE, Vocabulary

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
        self._bench = Bench()
        self._is_loading = False
        # Where the same people are, for shapes drawn on a map.
        self.points = PointIndex()

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
        """Put off listing words and people until `settle`: for filling from nothing."""
        self._is_loading = True
        self._vocabulary.neighbours.load_later()
        self.points.load_later()

    def settle(self) -> None:
        """Pack what was added."""
        self._is_loading = False
        self._vocabulary.neighbours.settle()
        self._pack_people()
        self.points.settle()

    def _pack_people(self) -> None:
        words, slots = self._store.everybody()
        roles = words & 3
        for kind, postings in enumerate(self._vocabulary.listed):
            listed = (roles == IS_PLACE) == (kind == PLACE)
            listed &= roles != IS_PARTICLE
            postings.pack(words[listed] >> 2, slots[listed])

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
        packed = self._pack(names, IS_NAME) + self._pack(alias, IS_ALIAS)
        if packed and all(entry & 3 == IS_PARTICLE for entry in packed):
            packed = [entry & ~3 | IS_NAME for entry in packed]
        packed += self._pack(place, IS_PLACE)[:_MOST_PLACE_WORDS]
        slot = self._store.add(person_id, packed, post_ids, birth_year or 0)
        for entry in packed:
            self._vocabulary.hold(entry >> 2)
        if self._is_loading:
            return
        listed = self._vocabulary.listed
        for kind, word in _listings(packed):
            listed[kind].list_person(word, slot)
        if listed[NAME].is_due or listed[PLACE].is_due:
            self._pack_people()

    def _pack(self, text: str, role: int) -> list[int]:
        packed = []
        for surface in surfaces(text):
            known = self._vocabulary.edition
            number = self._vocabulary.number(surface)
            if number is None:
                continue
            if self._vocabulary.edition != known:
                self._bench.memory.meet(number, self._vocabulary)
            if not is_particle(surface):
                packed.append(number << 2 | role)
            elif role != IS_PLACE:
                packed.append(number << 2 | IS_PARTICLE)
        return packed

    def remove(self, person_id: UUID) -> bool:
        """Forget a person; returns whether they were here."""
        self.points.remove(person_id)
        removed = self._store.remove(person_id)
        if removed is None:
            return False
        _, packed = removed
        if not self._is_loading:
            for kind, word in _listings(packed):
                self._vocabulary.listed[kind].unlist_person(word)
        for entry in packed:
            if self._vocabulary.release(entry >> 2):
                self._bench.memory.part_with(entry >> 2)
        forget()
        self._bench.memory.forget()
        return True

    def parts(self) -> dict[str, bytes]:
        """Return everything in it as bytes, by name."""
        return {
            **under("people", self._store.parts()),
            **under("words", self._vocabulary.parts()),
            **under("points", self.points.parts()),
        }

    @classmethod
    def restored(cls, parts: Parts) -> NameIndex:
        """Undo `parts`."""
        index = cls()
        index._store.restore(below("people", parts))
        index._vocabulary.restore(below("words", parts))
        index._pack_people()
        index.points = PointIndex.restored(below("points", parts))
        return index

    # --- asking

    def learn(self) -> Iterator[None]:
        """Learn what is alike to the commonest words, stopping after every few of them."""
        return self._bench.memory.learn(self._vocabulary)

    def search(self, query: str, *, post_ids: Sequence[int] | None, limit: int = 20) -> list[Match]:
        """Return who may be meant, the likest first, among the people of these posts.

        post_ids None means every post. Nobody out of scope takes part in ranking.
        """
        asked = asked_for(query)
        scope = self._store.scope(post_ids)
        if not asked.words or not scope.size or limit < 1:
            return []
        gathering = Gathering(asked, self._vocabulary, self._store, scope, self._bench)
        people = People(gathering.best(_CLOSELY * limit), self._store)
        if not len(people.slots):
            return []
        closely = Closely(people, gathering)
        slots = closely.slots
        scores = [
            self._with_year(score, asked, slots[at]) for at, score in enumerate(closely.scores)
        ]
        order = sorted(range(len(slots)), key=lambda at: (-scores[at], slots[at]))
        return [
            Match(
                self._store.person_id(slots[at]),
                min(scores[at], 1.0),
                str(closely.reason(at)),
            )
            for at in order[:limit]
            if scores[at] >= _LEAST_SCORE
        ]

    def _with_year(self, score: float, asked: Asked, slot: int) -> float:
        year = self._store.years[slot]
        if not asked.years or not year:
            return score
        return score + (_YEAR_VALUE if year in asked.years else -_YEAR_VALUE)


def _listings(packed: Iterable[int]) -> set[tuple[int, int]]:
    """Return where a person with these words is listed: (kind, word)."""
    return {
        (PLACE if entry & 3 == IS_PLACE else NAME, entry >> 2)
        for entry in packed
        if entry & 3 != IS_PARTICLE
    }
