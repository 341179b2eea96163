"""Naming people by how often their tokens occur.

Each record is described by the sorted frequencies of its tokens, each candidate name by those
that the sample lets expect; the nearest candidate is the guess, of equally near ones the
commonest. The candidates contain every real name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.finding.attacks.designs import Design
from benchmarks.finding.attacks.world import Floats, Held, Ints, World
from benchmarks.people import Person

# Of a record's frequencies as many as matter.
_MOST = 24
_AT_A_TIME = 250


@dataclass(frozen=True)
class Guessed:
    """How many of the attacked were named right, in hundredths, and what blind guessing names."""

    full: float
    family: float
    blind_full: float
    blind_family: float


@dataclass(frozen=True)
class Candidates:
    """Every name that anybody may have, with its pairs and how common it is."""

    names: list[str]
    families: list[str]
    pairs: Held
    common: Ints


def candidates(world: World) -> Candidates:
    """Return the distinct full names of register and sample."""
    found: dict[str, tuple[str, Ints]] = {}
    common = Counter(person.names for person in world.sample)
    for crowd, pairs in ((world.sample, world.sample_pairs), (world.people, world.pairs)):
        for number, person in enumerate(crowd):
            if person.names not in found:
                found[person.names] = person.family_names, pairs.of(number)
    starts = np.concatenate(([0], np.cumsum([len(pairs) for _, pairs in found.values()])))
    what = np.concatenate([pairs for _, pairs in found.values()])
    return Candidates(
        list(found),
        [family for family, _ in found.values()],
        Held(what, starts),
        np.array([common[name] for name in found]),
    )


def _described(frequencies: Floats, like: Held) -> Floats:
    """Return a row for each holder: twice the roots of their frequencies, the largest first."""
    who = like.who
    order = np.lexsort((-frequencies, who))
    rank = np.arange(len(who)) - like.starts[who]
    described = np.zeros((len(like.starts) - 1, _MOST), dtype=np.float32)
    kept = rank < _MOST
    described[who[kept], rank[kept]] = 2 * np.sqrt(frequencies[order][kept])
    return described


def _frequencies(tokens: Held) -> Floats:
    _, which, count = np.unique(tokens.what, return_inverse=True, return_counts=True)
    return count[which].astype(np.float32)


def name_by_frequency(
    world: World, tokens: Held, design: Design, known: Candidates, attacked: Sequence[int]
) -> Guessed:
    """Guess the name of each of the attacked."""
    seen = _described(_frequencies(tokens), tokens)[np.array(attacked)]
    holders = np.maximum(world.known[known.pairs.what], 1)
    expected = _described(design.expected(holders).astype(np.float32), known.pairs)
    # Among the equally near the commonest.
    beside = (expected**2).sum(axis=1) - 1e-4 * np.log1p(known.common).astype(np.float32)
    guesses: list[int] = []
    for at in range(0, len(seen), _AT_A_TIME):
        away = beside[None, :] - 2 * seen[at : at + _AT_A_TIME] @ expected.T
        guesses += away.argmin(axis=1).tolist()
    return scored(world, attacked, [(known.names[at], known.families[at]) for at in guesses])


def family_by_post(world: World, tokens: Held, design: Design, attacked: Sequence[int]) -> float:
    """Guess family names by how often the token of family and post occurs; return hundredths.

    The post of each record stands in clear, and the thief knows how common each family name is
    at each post.
    """
    frequencies = _frequencies(tokens)
    families: dict[int, dict[str, int]] = {}
    for number, person in enumerate(world.sample):
        pair = int(world.sample_post_pairs.what[world.sample_post_pairs.starts[number]])
        families.setdefault(person.post_id, {})[person.family_names] = pair
    right = 0
    for record in attacked:
        person = world.people[record]
        there = families[person.post_id]
        holders = world.known[np.fromiter(there.values(), np.int64, len(there))]
        away = np.abs(
            np.sqrt(design.expected(holders)) - np.sqrt(frequencies[tokens.starts[record]])
        )
        guess = list(there)[int((away - 1e-4 * np.log1p(holders)).argmin())]
        right += guess == person.family_names
    return float(100 * right / len(attacked))


def blind_family_by_post(world: World, attacked: Sequence[int]) -> float:
    """Return how many are named by always guessing the commonest family name of their post."""
    common: dict[int, Counter[str]] = {}
    for person in world.sample:
        common.setdefault(person.post_id, Counter())[person.family_names] += 1
    right = sum(
        common[world.people[at].post_id].most_common(1)[0][0] == world.people[at].family_names
        for at in attacked
    )
    return float(100 * right / len(attacked))


def scored(world: World, attacked: Sequence[int], guesses: Sequence[tuple[str, str]]) -> Guessed:
    """Compare guesses of (full name, family name) with the truth."""
    real = [world.people[at] for at in attacked]

    def share(full: Sequence[str], of: str) -> float:
        same = sum(guess == getattr(person, of) for guess, person in zip(full, real, strict=True))
        return float(100 * same / len(real))

    return Guessed(
        share([name for name, _ in guesses], "names"),
        share([family for _, family in guesses], "family_names"),
        share([_commonest(world.sample, "names")] * len(real), "names"),
        share([_commonest(world.sample, "family_names")] * len(real), "family_names"),
    )


def _commonest(crowd: Sequence[Person], of: str) -> str:
    return Counter(str(getattr(person, of)) for person in crowd).most_common(1)[0][0]
