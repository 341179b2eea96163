"""What a thief of the token tables learns: `python -m benchmarks.finding.attacks`.

Plays the attacks of this folder against the tokens in use, against the same without smoothing
and against homophones, on made-up people, and fails where the tokens in use give away more
than they may or where an attack is too weak to break those without smoothing.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Sequence

from benchmarks.finding.attacks.designs import Design, EachOnce, Homophones
from benchmarks.finding.attacks.frequency import (
    Guessed,
    blind_family_by_post,
    candidates,
    family_by_post,
    name_by_frequency,
)
from benchmarks.finding.attacks.linking import name_by_groups, name_from_seeds
from benchmarks.finding.attacks.places import locate
from benchmarks.finding.attacks.world import World, world

PEOPLE, ATTACKED = 100_000, 5_000
SEEDS = (100, 1000)
# Hundredths of the attacked: full names, homes within 25 km; family names as often as blindly.
MOST_FULL, MOST_FAMILIES, MOST_NEAR = 0.5, 2.0, 3.0
CELLS_IN_USE, LONGER_CHAINS = (5, 7), ((4, 6, 8), (3, 4, 5, 6, 7, 8))


def commonest_family(crowd: World) -> float:
    """Return in hundredths how many are named by always guessing the commonest family name."""
    common = Counter(person.family_names for person in crowd.sample).most_common(1)[0][0]
    bearers = sum(person.family_names == common for person in crowd.people)
    return 100 * bearers / len(crowd.people)


def attacked_of(crowd: World, count: int) -> list[int]:
    """Return the records that are attacked, the same at every run."""
    return sorted(random.Random(3).sample(range(len(crowd.people)), count))


def _row(name: str, guessed: Guessed, more: str = "") -> None:
    print(f"  {name:42}{guessed.full:9.2f} %{guessed.family:9.2f} %  {more}", flush=True)


def _attack(crowd: World, design: Design, attacked: Sequence[int]) -> tuple[Guessed, float]:
    """Play every attack on names and print it; return what frequencies gave away."""
    known = candidates(crowd)
    tokens = design.tokens(crowd.pairs)
    print(f"\n{design.name}\n  {'':42}{'full name':>11}{'family':>11}")
    guessed = name_by_frequency(crowd, tokens, design, known, attacked)
    _row("by frequencies", guessed)
    by_post = family_by_post(crowd, design.tokens(crowd.post_pairs), design, attacked)
    print(f"  {'family name by its token with the post':42}{'':11}{by_post:9.2f} %")
    linked = name_by_groups(crowd, tokens, known, attacked)
    _row(
        "by groups that share tokens",
        linked.guessed,
        f"{linked.groups:,} groups, the largest of {linked.largest:,}",
    )
    for seeds in SEEDS:
        spread = name_from_seeds(crowd, tokens, known, seeds)
        print(
            f"  {f'spreading from {seeds:,} known records':42}{spread.exposed:9.2f} %"
            f"{'':11}  {spread.right:,} right of {spread.named:,} named"
        )
    return guessed, by_post


def main(argv: Sequence[str] | None = None) -> int:
    """Run the attacks; return 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("people", type=int, nargs="?", default=PEOPLE)
    count = parser.parse_args(argv).people
    crowd = world(count)
    attacked = attacked_of(crowd, min(ATTACKED, count))
    blind = commonest_family(crowd)
    blind_there = blind_family_by_post(crowd, attacked)
    print(
        f"{count:,} people, a sample as large, {len(attacked):,} records attacked\n"
        f"always guessing the commonest family name: {blind:.2f} %, "
        f"the commonest of the post: {blind_there:.2f} %"
    )
    found, by_post = _attack(crowd, EachOnce(), attacked)
    bare, _ = _attack(crowd, EachOnce(is_smooth=False), attacked)
    _attack(crowd, Homophones(), attacked)
    print("\nhomes within 25 km by the tokens of map cells, homes as many as people")
    near = {}
    for chain in (CELLS_IN_USE, *LONGER_CHAINS):
        located = locate(count, chain)
        near[chain] = located.near
        print(f"  resolutions {'+'.join(map(str, chain)):14}{located.near:7.2f} %", end="")
        print(f"   naming one place: {located.blind:.2f} %", flush=True)
    bars = [
        (f"full names {found.full:.2f} <= {MOST_FULL}", found.full <= MOST_FULL),
        (
            f"family names {found.family:.2f} <= {MOST_FAMILIES} x {blind:.2f}",
            found.family <= MOST_FAMILIES * blind,
        ),
        (
            f"family names by post {by_post:.2f} <= {MOST_FAMILIES} x {blind_there:.2f}",
            by_post <= MOST_FAMILIES * blind_there,
        ),
        (f"smoothing off fails: full names {bare.full:.2f} > {MOST_FULL}", bare.full > MOST_FULL),
        (
            f"smoothing off fails: family names {bare.family:.2f} > {MOST_FAMILIES} x {blind:.2f}",
            bare.family > MOST_FAMILIES * blind,
        ),
        (f"homes {near[CELLS_IN_USE]:.2f} <= {MOST_NEAR}", near[CELLS_IN_USE] <= MOST_NEAR),
        *(
            (f"longer chains fail: homes {near[chain]:.2f} > {MOST_NEAR}", near[chain] > MOST_NEAR)
            for chain in LONGER_CHAINS
        ),
    ]
    print()
    for promise, is_held in bars:
        print(f"{'held  ' if is_held else 'MISSED'} {promise}")
    return 0 if all(is_held for _, is_held in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
