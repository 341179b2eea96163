"""What a thief of the token tables learns of 100,000 people: as little as was promised.

The attacks are those of benchmarks/finding/attacks/; `python -m benchmarks.finding.attacks`
prints all of them.
"""

from __future__ import annotations

import pytest

from benchmarks.finding.attacks.__main__ import (
    CELLS_IN_USE,
    MOST_FAMILIES,
    MOST_FULL,
    MOST_NEAR,
    PEOPLE,
    attacked_of,
    commonest_family,
)
from benchmarks.finding.attacks.designs import EachOnce
from benchmarks.finding.attacks.frequency import (
    Candidates,
    Guessed,
    candidates,
    name_by_frequency,
)
from benchmarks.finding.attacks.linking import name_by_groups, name_from_seeds
from benchmarks.finding.attacks.places import locate
from benchmarks.finding.attacks.world import Held, World, world

_ATTACKED = 3_000
_SEEDS = 1_000


@pytest.fixture(scope="module")
def crowd() -> World:
    return world(PEOPLE)


@pytest.fixture(scope="module")
def known(crowd: World) -> Candidates:
    return candidates(crowd)


@pytest.fixture(scope="module")
def tokens(crowd: World) -> Held:
    return EachOnce().tokens(crowd.pairs)


def by_frequency(
    crowd: World, tokens: Held, known: Candidates, *, is_smooth: bool
) -> tuple[Guessed, float]:
    attacked = attacked_of(crowd, _ATTACKED)
    design = EachOnce(is_smooth=is_smooth)
    guessed = name_by_frequency(crowd, tokens, design, known, attacked)
    return guessed, MOST_FAMILIES * commonest_family(crowd)


def test_frequencies_name_nobody(crowd: World, tokens: Held, known: Candidates) -> None:
    guessed, most_families = by_frequency(crowd, tokens, known, is_smooth=True)
    assert guessed.full <= MOST_FULL
    assert guessed.family <= most_families


def test_the_same_attack_names_people_where_smoothing_is_off(
    crowd: World, known: Candidates
) -> None:
    bare = EachOnce(is_smooth=False).tokens(crowd.pairs)
    guessed, most_families = by_frequency(crowd, bare, known, is_smooth=False)
    assert guessed.full > MOST_FULL
    assert guessed.family > most_families


def test_nobody_is_linked_with_anybody(crowd: World, tokens: Held, known: Candidates) -> None:
    linked = name_by_groups(crowd, tokens, known, attacked_of(crowd, _ATTACKED))
    assert linked.groups == 0
    assert name_from_seeds(crowd, tokens, known, _SEEDS).named == 0


def test_seeds_name_strangers_where_smoothing_is_off(crowd: World, known: Candidates) -> None:
    bare = EachOnce(is_smooth=False).tokens(crowd.pairs)
    assert name_from_seeds(crowd, bare, known, _SEEDS).right > _SEEDS / 4


def test_two_cells_tell_less_of_homes_than_longer_chains() -> None:
    assert locate(PEOPLE, CELLS_IN_USE).near <= MOST_NEAR
    assert locate(PEOPLE, (4, 6, 8)).near > MOST_NEAR
