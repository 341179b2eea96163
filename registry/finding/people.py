"""The people of the index, packed into arrays: about forty bytes a person besides their words.

A person sits in a *slot*. Slots are given out in growing order and never again, so that the
lists of people under a word stay sorted by themselves.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left
from collections.abc import Collection, Sequence
from uuid import UUID

import numpy as np

from registry.finding.parts import Parts, below, numbers, under
from registry.finding.ranges import Integers, spread

_FREE, _LEFT = 0, 0xFFFFFFFF
NOBODY_POSTED = -1


class SlotTable:
    """Slot by person id: open addressing over one array, eight bytes a person."""

    def __init__(self, ids: bytearray) -> None:
        self._ids = ids
        self._table = array("I", bytes(4 * 1024))
        self._filled = 0
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def parts(self) -> dict[str, bytes]:
        """Return everything in it but the ids as bytes."""
        return {"table": self._table.tobytes(), "count": array("Q", [self._count]).tobytes()}

    def restore(self, parts: Parts) -> None:
        """Undo `parts`."""
        self._table = numbers("I", parts["table"])
        self._count = numbers("Q", parts["count"])[0]
        self._filled = len(self._table) - self._table.count(_FREE)

    def get(self, key: bytes) -> int | None:
        """Return the slot of 16 id bytes."""
        entry = self._table[self._place(key)]
        return entry - 1 if entry not in (_FREE, _LEFT) else None

    def put(self, key: bytes, slot: int) -> None:
        """Remember the slot of an id that is not in the table."""
        if 3 * (self._filled + 1) > 2 * len(self._table):
            self._grow()
        self._table[self._place(key)] = slot + 1
        self._filled += 1
        self._count += 1

    def drop(self, key: bytes) -> None:
        """Forget an id that is in the table."""
        self._table[self._place(key)] = _LEFT
        self._count -= 1

    def _place(self, key: bytes) -> int:
        # The last bytes of a version 7 UUID are random, as are all of a version 4.
        table, ids = self._table, self._ids
        mask = len(table) - 1
        place = int.from_bytes(key[9:], "big") & mask
        while (entry := table[place]) != _FREE:
            if entry != _LEFT and ids[16 * entry - 16 : 16 * entry] == key:
                return place
            place = (place + 1) & mask
        return place

    def _grow(self) -> None:
        kept = [entry for entry in self._table if entry not in (_FREE, _LEFT)]
        size = 1024
        while size < 3 * len(kept):
            size *= 2
        self._table = array("I", bytes(4 * size))
        self._filled = len(kept)
        for entry in kept:
            self._table[self._place(bytes(self._ids[16 * entry - 16 : 16 * entry]))] = entry


class PeopleStore:
    """Ids, words, posts and birth years by slot."""

    def __init__(self) -> None:
        self._ids = bytearray()
        self._slots = SlotTable(self._ids)
        self._starts = array("I", [0])
        self._words = array("I")
        self.years = array("h")
        # Which set of posts a person belongs to; people share a few hundred sets.
        self.post_sets = array("i")
        self._set_numbers: dict[frozenset[int], int] = {}
        self._sets: list[frozenset[int]] = []
        self._members: list[array[int]] = []

    def __len__(self) -> int:
        return len(self._slots)

    def add(
        self, person_id: UUID, words: Collection[int], post_ids: Collection[int], year: int
    ) -> int:
        """Give a person who is not here a slot."""
        slot = len(self.years)
        self._ids += person_id.bytes
        self._slots.put(person_id.bytes, slot)
        self._words.extend(words)
        self._starts.append(len(self._words))
        self.years.append(year)
        number = self._set_number(frozenset(post_ids))
        self.post_sets.append(number)
        self._members[number].append(slot)
        return slot

    def _set_number(self, posts: frozenset[int]) -> int:
        number = self._set_numbers.get(posts)
        if number is None:
            number = self._set_numbers[posts] = len(self._sets)
            self._sets.append(posts)
            self._members.append(array("I"))
        return number

    def remove(self, person_id: UUID) -> tuple[int, array[int]] | None:
        """Empty a person's slot; returns it with their words, or None when not here."""
        slot = self._slots.get(person_id.bytes)
        if slot is None:
            return None
        words = self.words(slot)
        self._slots.drop(person_id.bytes)
        self._ids[16 * slot : 16 * slot + 16] = bytes(16)
        first, last = self._starts[slot], self._starts[slot + 1]
        self._words[first:last] = array("I", bytes(4 * (last - first)))
        self.years[slot] = 0
        members = self._members[self.post_sets[slot]]
        del members[bisect_left(members, slot)]
        self.post_sets[slot] = NOBODY_POSTED
        return slot, words

    def parts(self) -> dict[str, bytes]:
        """Return everything in it as bytes."""
        return {
            "ids": bytes(self._ids),
            "starts": self._starts.tobytes(),
            "words": self._words.tobytes(),
            "years": self.years.tobytes(),
            "post_sets": self.post_sets.tobytes(),
            "sets": json.dumps([sorted(posts) for posts in self._sets]).encode(),
            **under("slots", self._slots.parts()),
        }

    def restore(self, parts: Parts) -> None:
        """Undo `parts`, in an empty store."""
        self._ids += parts["ids"]
        self._starts = numbers("I", parts["starts"])
        self._words = numbers("I", parts["words"])
        self.years = numbers("h", parts["years"])
        self.post_sets = numbers("i", parts["post_sets"])
        self._sets = [frozenset(posts) for posts in json.loads(parts["sets"])]
        self._set_numbers = {posts: at for at, posts in enumerate(self._sets)}
        self._members = [array("I") for _ in self._sets]
        for slot, number in enumerate(self.post_sets):
            if number != NOBODY_POSTED:
                self._members[number].append(slot)
        self._slots.restore(below("slots", parts))

    def words(self, slot: int) -> array[int]:
        """Return the packed words of a person, in the order given."""
        return self._words[self._starts[slot] : self._starts[slot + 1]]

    def person_id(self, slot: int) -> UUID:
        """Return who sits in a slot."""
        return UUID(bytes=bytes(self._ids[16 * slot : 16 * slot + 16]))

    def slot(self, person_id: UUID) -> int | None:
        """Return where a person sits."""
        return self._slots.get(person_id.bytes)

    @property
    def emptied(self) -> int:
        """How many slots nobody sits in any more."""
        return len(self.years) - len(self)

    def scope(self, post_ids: Sequence[int] | None) -> Scope:
        """Return the people of these posts; everybody for None."""
        # Nobody's set is -1, which is the last place of the list.
        allowed = np.zeros(len(self._sets) + 1, bool)
        if post_ids is None:
            allowed[:-1] = True
            return Scope(allowed, self.post_sets, self._members, len(self))
        wanted = set(post_ids)
        numbers = [at for at, posts in enumerate(self._sets) if not wanted.isdisjoint(posts)]
        allowed[numbers] = True
        members = [self._members[number] for number in numbers]
        return Scope(allowed, self.post_sets, members, sum(map(len, members)))

    def words_of(self, slots: Integers) -> tuple[Integers, Integers]:
        """Return packed words person by person, and how many each person has."""
        starts = np.frombuffer(self._starts, np.uint32)
        first = starts[slots].astype(np.int64)
        lengths = starts[slots + 1].astype(np.int64) - first
        return np.frombuffer(self._words, np.uint32)[spread(first, lengths)], lengths

    def with_words(self, slots: Integers) -> Integers:
        """Return those of `slots` whose people have a word at least."""
        starts = np.frombuffer(self._starts, np.uint32)
        found: Integers = slots[starts[slots + 1] > starts[slots]]
        return found

    def everybody(self) -> tuple[Integers, Integers]:
        """Return all packed words and whose slot each belongs to, empty slots left out."""
        sets = np.frombuffer(self.post_sets, np.int32) if self.post_sets else np.empty(0, np.int32)
        slots = np.flatnonzero(sets != NOBODY_POSTED)
        if not len(slots):
            return np.empty(0, np.uint32), slots
        words, lengths = self.words_of(slots)
        return words, np.repeat(slots, lengths)


class Scope:
    """The people an officer may find."""

    def __init__(
        self, allowed: Integers, post_sets: array[int], members: list[array[int]], size: int
    ) -> None:
        self._allowed = allowed
        self._post_sets = post_sets
        self._members = members
        self.size = size

    def everybody(self) -> Integers:
        """Return all slots in scope, in growing order."""
        found = np.concatenate([np.array(members, np.int64) for members in self._members])
        found.sort()
        return found

    def only(self, slots: Integers) -> Integers:
        """Return those of `slots` that are in scope; nobody's never are."""
        found: Integers = slots[self._allowed[np.frombuffer(self._post_sets, np.int32)[slots]]]
        return found
