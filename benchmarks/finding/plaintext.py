"""The yardstick: the same people in PostgreSQL with their names in clear, found by pg_trgm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

import psycopg

from benchmarks.finding.mutating import Question
from benchmarks.people import Person
from registry.finding.asking import asked_for
from registry.finding.matching import similarity
from registry.finding.normalising import Word, word, words
from registry.finding.ranking import Held, judge

_CANDIDATES = 300
_RAW = """
    select id, names from finding_benchmark where names %% %(name)s
    order by similarity(names, %(name)s) desc limit 20
"""
_FOLDED = """
    select id, names from finding_benchmark where folded %% %(name)s
    order by similarity(folded, %(name)s) desc limit %(most)s
"""
_RAW_IN_PLACE = """
    select id, names from finding_benchmark
    where place like %(city)s || '%%' and %(name)s <%% names
    order by word_similarity(%(name)s, names) desc limit 20
"""
_FOLDED_IN_PLACE = """
    select id, names from finding_benchmark
    where place like %(city)s || '%%' and %(name)s <%% folded
    order by word_similarity(%(name)s, folded) desc limit %(most)s
"""


def fold_names(text: str) -> str:
    """Return the folded forms of the words of a name, small words left out."""
    found = words(text)
    return " ".join(each.folded for each in found if not each.is_particle) or text


class PlainText:
    """A table of names in clear with trigram indexes, as a default server has it."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        # Neither side uses two cores for one search.
        self._connection.execute("set max_parallel_workers_per_gather = 0")

    def fill(self, population: list[Person]) -> None:
        """Put everybody into the table and index them."""
        run = self._connection.execute
        run("create extension if not exists pg_trgm")
        run("drop table if exists finding_benchmark")
        columns = "id uuid primary key, names text, folded text, place text"
        run(f"create table finding_benchmark ({columns})")
        with self._connection.cursor().copy("copy finding_benchmark from stdin") as copy:
            for person in population:
                copy.write_row(
                    (person.person_id, person.names, fold_names(person.names), person.place)
                )
        run("create index on finding_benchmark using gin (names gin_trgm_ops)")
        run("create index on finding_benchmark using gin (folded gin_trgm_ops)")
        run("create index on finding_benchmark (place text_pattern_ops)")
        run("vacuum analyze finding_benchmark")

    def settings(self) -> str:
        """Return the server's version and the settings that matter here, in words."""
        rows = self._connection.execute(
            "select name || ' ' || current_setting(name) from unnest(%s::text[]) as name",
            [["server_version", "shared_buffers", "work_mem", "pg_trgm.similarity_threshold"]],
        ).fetchall()
        return ", ".join(row[0] for row in rows)

    def worked(self) -> float:
        """Return the seconds the server process of this connection has worked."""
        path = Path(f"/proc/{self._connection.info.backend_pid}/schedstat")
        return int(path.read_text().split()[0]) / 1e9

    def drop(self) -> None:
        """Remove the table."""
        self._connection.execute("drop table if exists finding_benchmark")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.drop()
        self.close()

    def raw(self, question: Question) -> list[UUID]:
        """Find by names as written."""
        rows = self._ask(question, _RAW, _RAW_IN_PLACE, str)
        return [row[0] for row in rows]

    def folded(self, question: Question) -> list[UUID]:
        """Find by folded names, and rank the best 300 as the finder does."""
        rows = self._ask(question, _FOLDED, _FOLDED_IN_PLACE, fold_names)
        name, _ = _name_and_city(question)
        ranked = sorted(rows, key=lambda row: -_rank(name, row[1]))
        return [row[0] for row in ranked[:20]]

    def _ask(
        self, question: Question, anywhere: str, in_place: str, form: Callable[[str], str]
    ) -> list[tuple[UUID, str]]:
        name, city = _name_and_city(question)
        values = {"name": form(name), "city": city, "most": _CANDIDATES}
        rows: list[tuple[UUID, str]] = self._connection.execute(
            in_place if city else anywhere, values
        ).fetchall()
        return rows


def _name_and_city(question: Question) -> tuple[str, str]:
    """Return what was asked for; SQL is told which word is the place, the finder is not."""
    if question.kind != "surname and place":
        return question.query, ""
    city = question.remembered.city
    return question.query.removesuffix(city).strip(), city


class _Typed:
    """A typed word, compared with registered words one by one."""

    def __init__(self, asked: Word, weight: float, held: list[Word]) -> None:
        self.asked = asked
        self.weight = weight
        self._held = held

    def alike_to(self, held: Held) -> float:
        """Return how alike a registered word is."""
        return similarity(self.asked, self._held[held.surface])


def _rank(query: str, names: str) -> float:
    asked, theirs = asked_for(query), [word(each.surface) for each in words(names)]
    typed = [_Typed(each, 1.0, theirs) for each in asked.words]
    typed += [_Typed(each, 0.08, theirs) for each in asked.minor]
    held = [
        Held(number, is_place=False, is_extra=not each.is_particle)
        for number, each in enumerate(theirs)
    ]
    return judge(typed, held).score
