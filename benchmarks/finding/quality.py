"""How well and how fast names are found: the same questions put to every engine in turn.

For each way of being a little wrong: how often somebody who is what was asked for is first
(hit@1) and among the first twenty (hit@20), how often somebody of the target's full name is
among the twenty even where the query left a name out (name@20), the time a search takes and
the processor time in it, which says more where other work goes on.
`python -m benchmarks.finding.quality 100000` asks the finder alone.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

import django

from benchmarks.finding.mutating import KINDS, Question, is_meant, is_target, question_about
from benchmarks.people import Person, people

if TYPE_CHECKING:
    from registry.finding.index import NameIndex

Search = Callable[[Question], list[UUID]]
# The seconds a process has worked so far.
Clock = Callable[[], float]


def _nothing() -> float:
    return 0.0


@dataclass
class Figures:
    """What one engine reached on one kind of query, or on all."""

    first: int = 0
    twenty: int = 0
    target: int = 0
    asked: int = 0
    seconds: list[float] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)

    def add(self, other: Figures) -> None:
        """Count another's figures in."""
        self.first += other.first
        self.twenty += other.twenty
        self.target += other.target
        self.asked += other.asked
        self.seconds += other.seconds
        self.worked += other.worked

    @property
    def hit_at_1(self) -> float:
        """Per cent."""
        return 100 * self.first / self.asked

    @property
    def hit_at_20(self) -> float:
        """Per cent."""
        return 100 * self.twenty / self.asked

    @property
    def name_at_20(self) -> float:
        """Per cent."""
        return 100 * self.target / self.asked

    def milliseconds(self, part: float) -> float:
        """Return the time that this part of the searches stayed below."""
        return 1000 * part_of(self.seconds, part)


def part_of(seconds: list[float], part: float) -> float:
    """Return the value that this part of all values stays below."""
    ordered = sorted(seconds)
    return statistics.median(ordered) if part == 0.5 else ordered[int(part * (len(ordered) - 1))]


ByKind = dict[str, Figures]


def questions(population: list[Person], per_kind: int, seed: int) -> list[Question]:
    """Return shuffled questions, `per_kind` of each kind."""
    rng = random.Random(seed)
    found = []
    for kind in KINDS:
        count = 0
        while count < per_kind:
            question = question_about(rng.choice(population), kind, rng)
            if question:
                found.append(question)
                count += 1
    rng.shuffle(found)
    return found


def compare(
    asked: list[Question],
    engines: Mapping[str, Search],
    by_id: Mapping[UUID, Person],
    misses: int = 0,
    clocks: Mapping[str, Clock] = {},
) -> dict[str, ByKind]:
    """Put every question to every engine, one after the other.

    An engine that works in another process too brings a clock for what it works there.
    """
    found = {name: {kind: Figures() for kind in KINDS} for name in engines}
    for question in asked:
        for name, search in engines.items():
            clock = clocks.get(name, _nothing)
            worked, begin = clock() + time.thread_time(), time.perf_counter()
            answer = search(question)[:20]
            mark = found[name][question.kind]
            mark.seconds.append(time.perf_counter() - begin)
            mark.worked.append(clock() + time.thread_time() - worked)
            good = [is_meant(by_id[who], question) for who in answer]
            mark.asked += 1
            mark.twenty += any(good)
            mark.first += good[:1] == [True]
            mark.target += any(is_target(by_id[who], question) for who in answer)
            if misses and not any(good[:1]) and (misses == 1 or not any(good)):
                first = by_id[answer[0]].names if answer else "-"
                print(f"  {question.kind}: {question.query} | {question.target.names} | {first}")
    return found


def total_of(figures: ByKind) -> Figures:
    """Return the figures of all kinds together."""
    total = Figures()
    for mark in figures.values():
        total.add(mark)
    return total


def show(title: str, figures: ByKind) -> None:
    """Print one engine's table."""
    print(f"\n{title}")
    print(f"{'':24}{'hit@1':>8}{'hit@20':>8}{'name@20':>9}{'p50 ms':>9}{'p95 ms':>9}{'CPU p50':>9}")
    for kind, mark in {**figures, "all": total_of(figures)}.items():
        print(
            f"{kind:24}{mark.hit_at_1:8.1f}{mark.hit_at_20:8.1f}{mark.name_at_20:9.1f}"
            f"{mark.milliseconds(0.5):9.2f}{mark.milliseconds(0.95):9.2f}"
            f"{1000 * part_of(mark.worked, 0.5):9.2f}"
        )
    sys.stdout.flush()


def resident_mb() -> float:
    """Return how much memory this process has now."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / 2**20


@dataclass(frozen=True, slots=True)
class Built:
    """A filled index, and what filling it cost."""

    index: NameIndex
    megabytes: float
    seconds: float


def build(population: list[Person]) -> Built:
    """Fill an index and say what it costs."""
    # The product's settings must be there first.
    from registry.finding.index import NameIndex

    before, begin = resident_mb(), time.perf_counter()
    index = NameIndex()
    index.load_later()
    for person in population:
        add(index, person)
    added = time.perf_counter()
    index.settle()
    done = time.perf_counter()
    for _ in index.learn():
        pass
    learned = time.perf_counter() - done
    megabytes = resident_mb() - before
    print(
        f"{len(index):,} people: filled in {added - begin:.1f} s, settled in {done - added:.1f} s, "
        f"common words learned in {learned:.1f} s, {megabytes:.0f} MB "
        f"more resident, {index.words:,} different words",
        flush=True,
    )
    return Built(index, megabytes, done - begin)


def add(index: NameIndex, person: Person) -> None:
    """Put one person into an index."""
    index.add(person.person_id, person.names, "", [person.post_id], person.birth_year, person.place)


def searching(index: NameIndex) -> Search:
    """Return the search of an index."""
    return lambda question: [
        match.person_id for match in index.search(question.query, post_ids=None)
    ]


def main() -> None:
    """Ask the finder alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("people", type=int, nargs="?", default=10_000)
    parser.add_argument("--per-kind", type=int, default=100)
    parser.add_argument("--seed", type=int, default=77)
    parser.add_argument("--misses", type=int, default=0, help="1: not first, 2: not in twenty")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.offline")
    django.setup()
    population = list(people(options.people))
    by_id = {person.person_id: person for person in population}
    asked = questions(population, options.per_kind, options.seed)
    engines = {"finder": searching(build(population).index)}
    for name, figures in compare(asked, engines, by_id, options.misses).items():
        show(name, figures)


if __name__ == "__main__":
    main()
