"""Ways to turn the pairs of people into tokens: the one in use, and others to compare it with."""

from __future__ import annotations

import os
from typing import Protocol

import numpy as np

from benchmarks.finding.attacks.world import Held, Ints, Reals
from encryption.keyring import Keyring
from encryption.keysets import KEY_BYTES, KeySet
from encryption.pair_tokens import PairTokens
from registry.finding.tokens.counts import Counts


class Design(Protocol):
    """A way to make tokens, which the thief knows."""

    name: str

    def tokens(self, pairs: Held) -> Held:
        """Return the tokens of everybody."""

    def expected(self, holders: Ints) -> Reals:
        """Return how often a token of a pair with so many holders is expected."""


class EachOnce:
    """What the product does, by the product's own code: no token is used twice.

    With `is_smooth` false the numbering is switched off: people who share a pair share a token.
    """

    def __init__(self, *, is_smooth: bool = True) -> None:
        self.name = "each token once" if is_smooth else "each token once, smoothing off"
        self._is_smooth = is_smooth

    def tokens(self, pairs: Held) -> Held:
        """Number the holders of each pair and make their tokens."""
        sets = [KeySet(1, {1: os.urandom(KEY_BYTES)}) for _ in range(2)]
        maker = PairTokens(Keyring(*sets), "names", 1)
        halves = maker.values([b"%d" % number for number in range(int(pairs.what.max()) + 2)])
        keys = maker.keys([(halves[pair], halves[-1]) for pair in pairs.what.tolist()])
        if self._is_smooth:
            numbers = Counts.for_people(len(pairs.starts) - 1).take(keys.places())
        else:
            numbers = [0] * len(keys)
        made = maker.tokens(list(zip(keys, numbers, strict=True)))
        return pairs.with_other(np.array(made, dtype=np.int64))

    def expected(self, holders: Ints) -> Reals:
        """One, however many hold the pair; without smoothing as many as hold it."""
        return (np.ones_like(holders) if self._is_smooth else holders).astype(np.float64)


class Homophones:
    """As many tokens for a pair as keep each below `most` holders, in `bits` bits."""

    def __init__(self, most: int = 32, bits: int = 22) -> None:
        self.name = f"homophones of {most}, {bits} bits"
        self._most = most
        self._buckets = 1 << bits
        self._rng = np.random.default_rng(5)
        self._by_chance = 0.0

    def tokens(self, pairs: Held) -> Held:
        """Give each holder one of the pair's tokens by chance."""
        holders = np.bincount(pairs.what)
        each = np.ceil(holders / self._most).astype(np.int64)[pairs.what]
        chosen = (self._rng.random(len(pairs.what)) * each).astype(np.int64)
        self._by_chance = len(pairs.what) / self._buckets
        # A fixed random bucket for each pair and choice.
        mixed = (pairs.what * 1_000_003 + chosen).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        return pairs.with_other((mixed >> np.uint64(20)).astype(np.int64) % self._buckets)

    def expected(self, holders: Ints) -> Reals:
        """The holders of a pair shared out among its tokens, and who is there by chance."""
        shared: Reals = holders / np.maximum(np.ceil(holders / self._most), 1)
        return shared + self._by_chance
