"""Words learned by heart change nothing about who is found, and take newcomers in."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from registry.finding.index import NameIndex
from registry.finding.normalising import word

COMMON = ["Mohammed Haddad", "Мария Шевченко", "José García", "김 민수", "محمد حداد", "Anna Rossi"]
ASKED = ["Mohamed Hadad", "Maria Shevchenko", "Jose Garcia", "Kim Minsu", "Ana Rosi", "محمد"]


def add(index: NameIndex, names: str) -> UUID:
    person_id = uuid4()
    index.add(person_id, names, "", [1], 1990, "Beirut")
    return person_id


def filled() -> NameIndex:
    """Return an index in which every name is common enough to be learned."""
    index = NameIndex()
    for _ in range(4):
        for names in COMMON:
            add(index, names)
    return index


def answers(index: NameIndex) -> list[list[tuple[UUID, float]]]:
    return [
        [(match.person_id, match.score) for match in index.search(query, post_ids=None)]
        for query in ASKED
    ]


def learn(index: NameIndex) -> int:
    """Let it learn everything; return in how many goes."""
    return sum(1 for _ in index.learn())


def test_learning_changes_no_answer() -> None:
    index = filled()
    before = answers(index)
    assert all(before)
    assert learn(index) > 0
    assert learn(index) == 0
    assert answers(index) == before


@pytest.mark.parametrize(
    ("newcomer", "query"),
    [
        ("Mohamad Hadda", "Mohammed Haddad"),
        ("Maryja Szewczenko", "Мария Шевченко"),
        ("Hosé Garsia", "José García"),
        ("Anne Rossy", "Anna Rossi"),
        ("موحمد حدداد", "محمد حداد"),
        ("Gim Minsoo", "김 민수"),
    ],
)
def test_a_newcomer_is_found_by_what_was_learned_before(newcomer: str, query: str) -> None:
    learned, plain = filled(), filled()
    learn(learned)
    person_id = add(learned, newcomer)
    add(plain, newcomer)
    again = {
        match.person_id: match.score for match in learned.search(query, post_ids=None, limit=50)
    }
    fresh = sorted(match.score for match in plain.search(query, post_ids=None, limit=50))
    assert person_id in again
    assert sorted(again.values()) == fresh
    assert learn(learned) > 0


def test_a_word_that_nobody_has_any_more_is_not_kept() -> None:
    index = NameIndex()
    people = [add(index, "Zubaida Qarmaq") for _ in range(4)]
    add(index, "Zubaide Qarmak")
    learn(index)
    for person_id in people:
        index.remove(person_id)
    (match,) = index.search("Zubaida Qarmaq", post_ids=None)
    assert match.reason != "exact"
    assert word("zubaida").surface not in index.parts()["words.surfaces"].decode()
