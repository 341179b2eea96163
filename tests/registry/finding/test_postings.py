"""People under words: packed or fresh, they are the same people."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from registry.finding.postings import Postings
from registry.finding.ranges import distinct, spread

_WORDS = 6
_PAIRS = st.lists(
    st.tuples(st.integers(0, _WORDS - 1), st.integers(0, 30)), unique=True, max_size=40
)


@given(_PAIRS, _PAIRS, st.lists(st.integers(0, _WORDS - 1), unique=True, max_size=_WORDS))
def test_packed_and_fresh_people_are_found_alike(
    packed: list[tuple[int, int]], fresh: list[tuple[int, int]], asked: list[int]
) -> None:
    postings = Postings()
    for _ in range(_WORDS):
        postings.new_word()
    everybody = sorted(packed)
    # A person who has a word twice is listed once.
    twice = everybody + everybody
    postings.pack(
        np.array([word for word, _ in twice], np.int64),
        np.array([slot for _, slot in twice], np.int64),
    )
    later = sorted({(word, slot + 100) for word, slot in fresh}, key=lambda pair: pair[1])
    for word, slot in later:
        postings.list_person(word, slot)
    slots, lengths = postings.people(np.array(asked, np.int64))
    at = 0
    for word, length in zip(asked, lengths.tolist(), strict=True):
        expected = [slot for each, slot in everybody + later if each == word]
        assert slots[at : at + length].tolist() == expected
        at += length
    assert at == len(slots)
    counts = postings.counts(np.array(asked, np.int64)).tolist()
    assert counts == lengths.tolist()


def test_a_word_newer_than_the_packing_is_found() -> None:
    postings = Postings()
    postings.new_word()
    postings.pack(np.array([0]), np.array([7]))
    postings.new_word()
    postings.list_person(1, 8)
    slots, lengths = postings.people(np.array([1, 0]))
    assert (slots.tolist(), lengths.tolist()) == ([8, 7], [1, 1])
    postings.unlist_person(1)
    assert postings.counts(np.array([0, 1])).tolist() == [1, 0]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5))))
def test_stretches_come_one_after_the_other(stretches: list[tuple[int, int]]) -> None:
    starts = np.array([start for start, _ in stretches], np.int64)
    lengths = np.array([length for _, length in stretches], np.int64)
    expected = [start + step for start, length in stretches for step in range(length)]
    assert spread(starts, lengths).tolist() == expected


@given(st.lists(st.integers(0, 9)))
def test_distinct_numbers_come_once_and_in_order(numbers: list[int]) -> None:
    assert distinct(np.array(numbers, np.int64)).tolist() == sorted(set(numbers))
