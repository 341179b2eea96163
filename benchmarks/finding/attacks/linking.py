"""Naming people by who shares tokens with whom: matching the graph of the register.

Two attacks. Without any seed: records that share two tokens or more have, but for chance, a
pair in common; the groups they form are as large as a name is common, whatever the frequency of
each token, and are matched by size with the names of the sample. With seeds: the thief knows
some people's records (friends, their own); from each named record the meanings of its tokens
spread to the records that share them, which are named and spread in turn.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.finding.attacks.frequency import Candidates, Guessed, scored
from benchmarks.finding.attacks.world import Held, Ints, World

# A token of more people than this links nobody: work grows with the square.
_MOST_HOLDERS = 64
_ROUNDS = 8
_MOST_NAMES = 400


def _linked(tokens: Held) -> Ints:
    """Return the pairs of records that share two tokens or more: an array of two columns."""
    order = np.argsort(tokens.what, kind="stable")
    what, who = tokens.what[order], tokens.who[order]
    begins = np.flatnonzero(np.concatenate(([True], what[1:] != what[:-1])))
    sizes = np.diff(np.concatenate((begins, [len(what)])))
    people = len(tokens.starts) - 1
    found = []
    for size in range(2, _MOST_HOLDERS + 1):
        at = begins[sizes == size]
        if len(at):
            groups = np.sort(who[at[:, None] + np.arange(size)], axis=1)
            first, second = np.triu_indices(size, 1)
            found.append((groups[:, first] * people + groups[:, second]).ravel())
    if not found:
        return np.empty((0, 2), dtype=np.int64)
    link, count = np.unique(np.concatenate(found), return_counts=True)
    link = link[count >= 2]
    both = np.stack((link // people, link % people), axis=1)
    apart: Ints = both[both[:, 0] != both[:, 1]]
    return apart


def _groups(people: int, links: Ints) -> Ints:
    """Return a number for each record, the same for all that hang together."""
    label = np.arange(people)
    while True:
        before = label.copy()
        least = np.minimum(label[links[:, 0]], label[links[:, 1]])
        np.minimum.at(label, links[:, 0], least)
        np.minimum.at(label, links[:, 1], least)
        label = label[label]
        if (label == before).all():
            return label


@dataclass(frozen=True)
class Linked:
    """What the groups gave: names right in hundredths, groups, and the largest's size."""

    guessed: Guessed
    groups: int
    largest: int


def name_by_groups(
    world: World, tokens: Held, known: Candidates, attacked: Sequence[int]
) -> Linked:
    """Match the groups of records with names, the largest with the commonest and so on down."""
    label = _groups(len(world.people), _linked(tokens))
    names, sizes = np.unique(label, return_counts=True)
    largest_first = names[np.argsort(-sizes, kind="stable")]
    commonest_first = np.argsort(-known.common, kind="stable")
    rank_of = {int(group): rank for rank, group in enumerate(largest_first)}
    guesses = []
    for record in attacked:
        name = commonest_first[min(rank_of[int(label[record])], len(commonest_first) - 1)]
        guesses.append((known.names[name], known.families[name]))
    in_groups = int((sizes > 1).sum())
    return Linked(scored(world, attacked, guesses), in_groups, int(sizes.max()))


@dataclass(frozen=True)
class Spread:
    """How many strangers were named from the seeds, and how many of them right."""

    named: int
    right: int
    others: int

    @property
    def exposed(self) -> float:
        """Hundredths of all strangers whose full name came out."""
        return 100 * self.right / self.others


class _Meanings:
    """What each token may mean, as far as the named records tell."""

    def __init__(self, tokens: Held, known: Candidates) -> None:
        self._tokens = tokens
        self._pairs = [frozenset(known.pairs.of(at).tolist()) for at in range(len(known.names))]
        self._common = known.common.tolist()
        self._named_by: dict[int, list[int]] = defaultdict(list)
        for name, pairs in enumerate(self._pairs):
            for pair in pairs:
                self._named_by[pair].append(name)
        self.may_be: dict[int, frozenset[int]] = {}

    def learn(self, record: int, name: int) -> list[int]:
        """Take a record's name in; return its tokens that mean something new."""
        fresh = []
        for token in self._tokens.of(record).tolist():
            before = self.may_be.get(token)
            after = self._pairs[name] if before is None else before & self._pairs[name]
            if before is None or (after and after != before):
                self.may_be[token] = after
                fresh.append(token)
        return fresh

    def name_of(self, record: int) -> int | None:
        """Return the name that explains most tokens of a record, if it explains enough."""
        tokens = self._tokens.of(record).tolist()
        told = [meanings for token in tokens if (meanings := self.may_be.get(token))]
        if len(told) < 2:
            return None
        votes: Counter[int] = Counter()
        for meanings in told:
            names: set[int] = set()
            for pair in meanings:
                if len(self._named_by[pair]) <= _MOST_NAMES:
                    names.update(self._named_by[pair])
            votes.update(names)
        if not votes:
            return None
        best = max(votes, key=lambda name: (votes[name], self._common[name]))
        return best if votes[best] >= max(2, len(tokens) / 2) else None


def name_from_seeds(world: World, tokens: Held, known: Candidates, seeds: int) -> Spread:
    """Name strangers, beginning with as many records as the thief knows."""
    number_of = {name: at for at, name in enumerate(known.names)}
    chosen = random.Random(9).sample(range(len(world.people)), seeds)
    meanings = _Meanings(tokens, known)
    order = np.argsort(tokens.what, kind="stable")
    what, who = tokens.what[order], tokens.who[order]
    named = {record: number_of[world.people[record].names] for record in chosen}
    fresh = [token for record, name in named.items() for token in meanings.learn(record, name)]
    for _ in range(_ROUNDS):
        wanted = np.unique(np.array(fresh, dtype=np.int64))
        first, last = np.searchsorted(what, wanted), np.searchsorted(what, wanted, "right")
        reached = {int(each) for a, b in zip(first, last, strict=True) for each in who[a:b]}
        fresh = []
        for record in sorted(reached - named.keys()):
            name = meanings.name_of(record)
            if name is not None:
                named[record] = name
                fresh += meanings.learn(record, name)
        if not fresh:
            break
    strangers = {record: name for record, name in named.items() if record not in set(chosen)}
    right = sum(
        known.names[name] == world.people[record].names for record, name in strangers.items()
    )
    return Spread(len(strangers), right, len(world.people) - seeds)
