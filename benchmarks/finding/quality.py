"""How well and how fast names are found: `python -m benchmarks.finding.quality 100000`.

Prints, for each way of being a little wrong, how often somebody who is what was asked for is
first (hit@1) and among the first twenty (hit@20), how often somebody of the target's full name
is among the twenty even where the query left a name out (name@20), and the time a search takes.
With DATABASE_URL set the same queries go to PostgreSQL, over names in clear: plain pg_trgm, and
pg_trgm over our folded names with our ranking, which is the best that plain text offers.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from benchmarks.finding.mutating import KINDS, Question, is_meant, is_target, question_about
from benchmarks.people import Person, people
from registry.finding.index import NameIndex

Search = Callable[[Question], list[UUID]]


@dataclass
class Figures:
    """What one engine reached on one kind of query."""

    first: int = 0
    twenty: int = 0
    target: int = 0
    asked: int = 0
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


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


def run(
    asked: list[Question], search: Search, by_id: dict[UUID, Person], misses: int = 0
) -> dict[str, Figures]:
    """Put every question to an engine."""
    figures = {kind: Figures() for kind in KINDS}
    for question in asked:
        begin, worked = time.perf_counter(), time.thread_time()
        answer = search(question)
        figures[question.kind].cpu.append(time.thread_time() - worked)
        figures[question.kind].seconds.append(time.perf_counter() - begin)
        good = [is_meant(by_id[who], question) for who in answer[:20]]
        mark = figures[question.kind]
        mark.asked += 1
        mark.twenty += any(good)
        mark.first += good[:1] == [True]
        mark.target += any(is_target(by_id[who], question) for who in answer[:20])
        if misses and not any(good[:1]) and (misses == 1 or not any(good)):
            first = by_id[answer[0]].names if answer else "-"
            rank = good.index(True) if any(good) else "-"
            print(f"  {question.kind}: {question.query} | {question.target.names} | {first} {rank}")
    return figures


def show(title: str, figures: dict[str, Figures]) -> None:
    """Print one engine's table."""
    print(f"\n{title}")
    print(f"{'':24}{'hit@1':>8}{'hit@20':>8}{'name@20':>9}{'p50 ms':>9}{'p95 ms':>9}{'CPU p50':>9}")
    total = Figures()
    for kind, mark in figures.items():
        _line(kind, mark)
        total.first += mark.first
        total.twenty += mark.twenty
        total.target += mark.target
        total.asked += mark.asked
        total.seconds += mark.seconds
        total.cpu += mark.cpu
    _line("all", total)
    sys.stdout.flush()


def _line(name: str, mark: Figures) -> None:
    ordered = sorted(mark.seconds)
    p50 = 1000 * statistics.median(ordered)
    p95 = 1000 * ordered[int(0.95 * (len(ordered) - 1))]
    worked = 1000 * statistics.median(mark.cpu)
    print(
        f"{name:24}{100 * mark.first / mark.asked:8.1f}{100 * mark.twenty / mark.asked:8.1f}"
        f"{100 * mark.target / mark.asked:9.1f}{p50:9.2f}{p95:9.2f}{worked:9.2f}"
    )


def _resident_mb() -> float:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / 2**20


def build(population: list[Person]) -> NameIndex:
    """Fill an index and say what it costs."""
    before, begin = _resident_mb(), time.perf_counter()
    index = NameIndex()
    index.load_later()
    for person in population:
        index.add(
            person.person_id, person.names, "", [person.post_id], person.birth_year, person.place
        )
    added = time.perf_counter()
    index.settle()
    done = time.perf_counter()
    print(
        f"{len(index):,} people: filled in {added - begin:.1f} s, settled in {done - added:.1f} s, "
        f"{_resident_mb() - before:.0f} MB more resident, {index.words:,} different words"
    )
    return index


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("people", type=int, nargs="?", default=10_000)
    parser.add_argument("--per-kind", type=int, default=100)
    parser.add_argument("--seed", type=int, default=77)
    parser.add_argument("--misses", type=int, default=0, help="1: not first, 2: not in twenty")
    arguments = parser.parse_args()
    population = list(people(arguments.people))
    by_id = {person.person_id: person for person in population}
    asked = questions(population, arguments.per_kind, arguments.seed)
    index = build(population)

    def search(question: Question) -> list[UUID]:
        return [match.person_id for match in index.search(question.query, post_ids=None)]

    show("finder, in memory", run(asked, search, by_id, arguments.misses))
    if url := os.environ.get("DATABASE_URL"):
        from benchmarks.finding.plaintext import PlainText

        with PlainText(url, population) as plain:
            show("PostgreSQL pg_trgm, names as written", run(asked, plain.raw, by_id))
            show("PostgreSQL pg_trgm, folded, our ranking", run(asked, plain.folded, by_id))


if __name__ == "__main__":
    main()
