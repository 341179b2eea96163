"""The register that was stolen, and the sample of the same population that the thief has.

Pairs of words are numbers here: a thief without the key sees tokens, and who holds them; which
pair a token stands for is what the attacks try to find out. To the thief's advantage the tokens
of names are told apart from those of places, posts and years.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.people import Person, people
from registry.finding.tokens.forms import Kind
from registry.finding.tokens.pairs import Pair, PersonText, pairs_of

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Reals = npt.NDArray[np.float64]
_NAMES = {Kind.FOLDED, Kind.SKELETON}


@dataclass(frozen=True)
class Held:
    """Who holds what: the pairs (or tokens) of person i are what[starts[i]:starts[i + 1]]."""

    what: Ints
    starts: Ints

    @property
    def who(self) -> Ints:
        """The holder of each entry."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    def of(self, person: int) -> Ints:
        """Return what one person holds."""
        return self.what[self.starts[person] : self.starts[person + 1]]

    def with_other(self, what: Ints) -> Held:
        """Return the same holders with something else."""
        return Held(what, self.starts)


def held(lists: Sequence[Sequence[int]]) -> Held:
    """Pack lists, one a person."""
    lengths = np.fromiter(map(len, lists), np.int64, len(lists))
    what = np.fromiter((each for one in lists for each in one), np.int64, int(lengths.sum()))
    return Held(what, np.concatenate(([0], np.cumsum(lengths))))


@dataclass(frozen=True)
class World:
    """A register of strangers to the thief, and the thief's sample, pairs numbered alike."""

    people: list[Person]
    sample: list[Person]
    pairs: Held
    sample_pairs: Held
    # Family name with post: one entry a person.
    post_pairs: Held
    sample_post_pairs: Held
    # How many hold each pair in the sample.
    known: Ints

    def with_pairs(self, pairs: Held) -> World:
        """Return the same people seen by other pairs."""
        return World(
            self.people, self.sample, pairs, self.sample_pairs,
            self.post_pairs, self.sample_post_pairs, self.known,
        )  # fmt: skip


def world(count: int, seed: int = 31) -> World:
    """Make a register of `count` people and a sample as large."""
    numbers: dict[Pair, int] = {}

    def seen(crowd: list[Person]) -> tuple[Held, Held]:
        names, posts = [], []
        for person in crowd:
            text = PersonText(person.given_names, person.family_names)
            of_name, of_post = [], []
            for pair in pairs_of(text, [person.post_id]):
                number = numbers.setdefault(pair, len(numbers))
                if {pair[0][:1], pair[1][:1]} <= _NAMES:
                    of_name.append(number)
                else:
                    of_post.append(number)
            names.append(of_name)
            posts.append(of_post[:1])
        return held(names), held(posts)

    crowd, sample = list(people(count, seed)), list(people(count, seed + 1))
    (pairs, post_pairs), (sample_pairs, sample_post_pairs) = seen(crowd), seen(sample)
    known = np.bincount(
        np.concatenate((sample_pairs.what, sample_post_pairs.what)), minlength=len(numbers)
    )
    return World(crowd, sample, pairs, sample_pairs, post_pairs, sample_post_pairs, known)
