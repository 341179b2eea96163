"""An index that people came to and left is the index of those who stayed."""

from __future__ import annotations

from uuid import UUID, uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, rule

from registry.finding.index import NameIndex

_WORDS = "anna ana hanna müller muller мюллер محمد mohamed 김 kim de la rossi rosi garcia"
_NAMES = st.lists(st.sampled_from(_WORDS.split()), min_size=1, max_size=3).map(" ".join)
_PLACES = st.sampled_from(["", "Beirut", "Beirut 1103", "Rossi"])
_QUERIES = ("anna muller", "mohamed kim", "rosi", "garcia beirut", "annamuller", "de la garcia")

Registered = tuple[str, list[int], int, str]


class Changes(RuleBasedStateMachine):
    """People are added, changed and removed; now and then the index packs or restores itself."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.index = NameIndex()
        # In the order of their last change, which decides between equals.
        self.people: dict[UUID, Registered] = {}

    @rule(
        target=ids,
        names=_NAMES,
        posts=st.lists(st.integers(1, 3), unique=True, max_size=2),
        year=st.integers(1950, 2000),
        place=_PLACES,
    )
    def add(self, names: str, posts: list[int], year: int, place: str) -> UUID:
        person_id = uuid4()
        self._put(person_id, (names, posts, year, place))
        return person_id

    @rule(person_id=ids, names=_NAMES, place=_PLACES)
    def change(self, person_id: UUID, names: str, place: str) -> None:
        _, posts, year, _ = self.people.pop(person_id)
        self._put(person_id, (names, posts, year, place))

    @rule(person_id=consumes(ids))
    def remove(self, person_id: UUID) -> None:
        del self.people[person_id]
        assert self.index.remove(person_id)

    @rule()
    def settle(self) -> None:
        self.index.settle()

    @rule()
    def keep_and_restore(self) -> None:
        self.index = NameIndex.restored(self.index.parts())

    def _put(self, person_id: UUID, person: Registered) -> None:
        names, posts, year, place = person
        self.people[person_id] = person
        self.index.add(person_id, names, "", posts, year, place)

    @rule()
    def finds_what_a_rebuilt_index_finds(self) -> None:
        rebuilt = NameIndex()
        rebuilt.load_later()
        for person_id, (names, posts, year, place) in self.people.items():
            rebuilt.add(person_id, names, "", posts, year, place)
        rebuilt.settle()
        assert len(self.index) == len(rebuilt)
        assert self.index.words == rebuilt.words
        for query in _QUERIES:
            for asked in (None, [1, 2]):
                assert self.index.search(query, post_ids=asked) == rebuilt.search(
                    query, post_ids=asked
                )

    def teardown(self) -> None:
        self.finds_what_a_rebuilt_index_finds()


TestChanges = Changes.TestCase
TestChanges.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
