"""Which known words are near a word: by sound, or but for a letter or two.

Words are listed under keys: their skeletons, and what is left of them and of their skeleton
when letters are taken out. Two words that differ by one or two letters share such a remainder,
so nearness is a handful of look-ups and never a walk through all words (the idea of SymSpell's
deletion neighbourhood). Keys are not kept, only a checksum's bucket: what comes back is a
*candidate* whose distance the caller measures.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from zlib import crc32

import numpy as np

from registry.finding.parts import Parts, below, under
from registry.finding.ranges import Integers, spread

# Letters beyond the seventh are not taken out: mistakes there meet in the first seven anyway,
# or the word is found by its skeleton.
PREFIX = 7
TWO_MISTAKES_FROM = 5
# Shorter skeletons are one letter away from half the vocabulary.
_LEAST_SOUNDS = 3
_SEGMENT_WORDS = 2048
_LARGEST_MERGE = 32 * _SEGMENT_WORDS


def remainders(form: str, depth: int) -> set[str]:
    """Return what is left of the first letters of `form` with up to `depth` taken out."""
    prefix = form[:PREFIX]
    found = {prefix}
    edge = {prefix}
    for _ in range(depth):
        edge = {left[:at] + left[at + 1 :] for left in edge for at in range(len(left))}
        found |= edge
    return found


def sound_key(skeleton: str) -> int:
    """Return the key of words that share a skeleton."""
    return crc32(b"s" + skeleton.encode())


def near_keys(folded: str, mistakes: int = 2) -> list[int]:
    """Return the keys a folded form shares with forms so many mistakes away, two at most."""
    depth = mistakes if len(folded) >= TWO_MISTAKES_FROM else 1
    return [crc32(b"n" + left.encode()) for left in remainders(folded, depth)]


def near_plain_keys(plain: str) -> list[int]:
    """Return the keys a plain form shares with plain forms one mistake away."""
    return [crc32(b"p" + left.encode()) for left in remainders(plain, 1)]


def near_sound_keys(skeleton: str) -> list[int]:
    """Return the keys a skeleton shares with skeletons one letter away."""
    if len(skeleton) < _LEAST_SOUNDS:
        return []
    return [crc32(b"x" + left.encode()) for left in remainders(skeleton, 1)]


class Segment:
    """Numbers listed by key, packed into two lists and never changed."""

    def __init__(self, listed: Integers, shift: int, starts: Integers, entries: Integers) -> None:
        self.numbers = listed
        self._shift = shift
        self._starts = starts
        self._entries = entries

    @classmethod
    def packed(cls, listed: Integers, keys_of: Callable[[int], Iterable[int]]) -> Segment:
        """List these numbers under their keys."""
        keys, lengths = array("I"), array("H")
        for number in listed.tolist():
            before = len(keys)
            keys.extend(keys_of(number))
            lengths.append(len(keys) - before)
        # About two entries a bucket: a false candidate costs less than an empty bucket.
        shift = 32 - max(8, (len(keys) // 2).bit_length())
        buckets = np.frombuffer(keys, np.uint32) >> shift if keys else np.empty(0, np.uint32)
        entries = np.repeat(listed, np.frombuffer(lengths, np.uint16) if lengths else [])
        counts = np.bincount(buckets, minlength=1 << (32 - shift))
        starts = np.concatenate(([0], np.cumsum(counts))).astype(np.uint32)
        entries = entries[np.argsort(buckets, kind="stable")].astype(np.uint32)
        return cls(listed, shift, starts, entries)

    def parts(self) -> dict[str, bytes]:
        """Return everything in it as bytes."""
        return {
            "numbers": self.numbers.tobytes(),
            "shift": bytes([self._shift]),
            "starts": self._starts.tobytes(),
            "entries": self._entries.tobytes(),
        }

    @classmethod
    def restored(cls, parts: Parts) -> Segment:
        """Undo `parts`."""
        listed, starts, entries = (
            np.frombuffer(parts[name], np.uint32) for name in ("numbers", "starts", "entries")
        )
        return cls(listed, parts["shift"][0], starts, entries)

    def listed(self, keys: Integers) -> tuple[Integers, Integers]:
        """Return the numbers in the buckets of keys, bucket by bucket, and how many each has.

        Some of them have other keys.
        """
        buckets = keys >> self._shift
        starts = self._starts[buckets].astype(np.int64)
        lengths = self._starts[buckets + 1].astype(np.int64) - starts
        return self._entries[spread(starts, lengths)], lengths


class Neighbours:
    """Word numbers by key. New words go to a small table and are packed away in batches."""

    def __init__(self, keys_of: Callable[[int], Iterable[int]]) -> None:
        self._keys_of = keys_of
        self._segments: list[Segment] = []
        self._fresh: dict[int, list[int]] = {}
        self._fresh_numbers: list[int] = []
        self._waiting: list[int] | None = None

    def load_later(self) -> None:
        """Collect words without listing them, until `settle`: for filling from nothing."""
        self._waiting = []

    def add(self, number: int) -> None:
        """List a word under its keys."""
        if self._waiting is not None:
            self._waiting.append(number)
            return
        for key in self._keys_of(number):
            self._fresh.setdefault(key, []).append(number)
        self._fresh_numbers.append(number)
        if len(self._fresh_numbers) >= _SEGMENT_WORDS:
            self._pack()

    def settle(self) -> None:
        """Pack everything into one segment."""
        fresh = _numbered(self._fresh_numbers + (self._waiting or []))
        everything = np.concatenate([*(segment.numbers for segment in self._segments), fresh])
        self._waiting, self._fresh, self._fresh_numbers = None, {}, []
        self._segments = [Segment.packed(everything, self._keys_of)] if len(everything) else []

    def _pack(self) -> None:
        self._segments.append(Segment.packed(_numbered(self._fresh_numbers), self._keys_of))
        self._fresh, self._fresh_numbers = {}, []
        while len(self._segments) > 1:
            last, before = self._segments[-1], self._segments[-2]
            if len(before.numbers) > min(2 * len(last.numbers), _LARGEST_MERGE):
                break
            both = np.concatenate([before.numbers, last.numbers])
            merged = Segment.packed(both, self._keys_of)
            self._segments[-2:] = [merged]

    def candidates(self, keys: Sequence[int]) -> tuple[Integers, Integers]:
        """Return the numbers listed under these keys, and which key (its place) each came by.

        A few of them have other keys.
        """
        asked = np.array(keys, np.uint32)
        found, places = [], []
        for segment in self._segments:
            listed, lengths = segment.listed(asked)
            found.append(listed)
            places.append(np.repeat(np.arange(len(asked)), lengths))
        if self._fresh:
            for at, key in enumerate(keys):
                fresh = self._fresh.get(key)
                if fresh is not None:
                    found.append(_numbered(fresh))
                    places.append(np.full(len(fresh), at))
        if not found:
            return np.empty(0, np.uint32), np.empty(0, np.int64)
        return np.concatenate(found), np.concatenate(places)

    def parts(self) -> dict[str, bytes]:
        """Return everything in it as bytes."""
        if self._fresh_numbers:
            self._pack()
        found: dict[str, bytes] = {}
        for number, segment in enumerate(self._segments):
            found |= under(str(number), segment.parts())
        return found

    def restore(self, parts: Parts) -> None:
        """Undo `parts`."""
        count = len({name.partition(".")[0] for name in parts})
        self._segments = [Segment.restored(below(str(each), parts)) for each in range(count)]


def _numbered(numbers: Sequence[int]) -> Integers:
    return np.array(numbers, np.uint32)
