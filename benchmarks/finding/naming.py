"""Finding by name at size: quality, speed, growth, memory, starting and registering."""

from __future__ import annotations

import datetime
import gc
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path

from benchmarks.finding.bars import Bars
from benchmarks.finding.inserting import Register, Taker, list_in
from benchmarks.finding.plaintext import PlainText
from benchmarks.finding.quality import (
    Built,
    ByKind,
    Clock,
    Search,
    build,
    compare,
    part_of,
    questions,
    searching,
    show,
    total_of,
)
from benchmarks.finding.searchers import finder_at_once, plain_at_once, served
from benchmarks.finding.tokens import SealedTokens
from benchmarks.people import people
from registry.finding.snapshot import Moment, read, write

FINDER, RAW = "finder, in memory", "PostgreSQL pg_trgm, names as written"
FOLDED = "PostgreSQL pg_trgm, folded, our ranking"
TOKENS = "sealed tokens in SQL"
_SEARCHERS, _PROCESSES = 20, 2
_NEWCOMERS = 15_000
_REGISTER = 100_000
_WARMING_UP = 5
_MOST_UNSEALED = 300


class Naming:
    """One run over a population of `count` people."""

    def __init__(self, url: str, count: int, per_kind: int, seed: int, with_tokens: bool) -> None:
        self._url = url
        self._per_kind, self._seed = per_kind, seed
        self._with_tokens = with_tokens
        self._tokens: SealedTokens | None = None
        begin = time.perf_counter()
        everybody = people(count + 5 * _NEWCOMERS)
        self._people = list(islice(everybody, count))
        self._newcomers = list(everybody)
        self._by_id = {person.person_id: person for person in self._people}
        print(f"{count:,} people made up in {time.perf_counter() - begin:.0f} s", flush=True)
        # They stay to the end; without this every collection goes through all of them.
        gc.collect()
        gc.freeze()

    def run(self, bars: Bars) -> None:
        """Measure everything."""
        small = self._growth_base()
        built = build(self._people)
        print(f"memory: {1e6 * built.megabytes / len(self._people):.0f} MB a million people")
        with ExitStack() as stack:
            plain = stack.enter_context(PlainText(self._url))
            plain.fill(self._people)
            print(f"PostgreSQL: {plain.settings()}")
            engines: dict[str, Search] = {
                FINDER: searching(built.index),
                RAW: plain.raw,
                FOLDED: plain.folded,
            }
            unsealed = self._with_sealed_tokens(stack, engines)
            figures = self._compare(engines, {RAW: plain.worked, FOLDED: plain.worked})
            self._hold_quality(figures, bars)
            self._hold_speed(figures, small, bars)
            if unsealed:
                bars.at_most("people unsealed by a search, at most", max(unsealed), 300, ".0f")
            self._at_once(built, bars)
            self._starting(built)
            self._registering(built, self._tokens, bars)

    def _growth_base(self) -> float:
        """Return the median time of a search among a tenth of the people."""
        tenth = self._people[: len(self._people) // 10]
        built = build(tenth)
        asked = questions(tenth, self._per_kind, self._seed)
        engines = {FINDER: searching(built.index)}
        compare(questions(tenth, _WARMING_UP, 1), engines, self._by_id)
        return total_of(compare(asked, engines, self._by_id)[FINDER]).milliseconds(0.5)

    def _with_sealed_tokens(self, stack: ExitStack, engines: dict[str, Search]) -> list[int]:
        """Add the token engine; returns a list that fills with how many a search unsealed."""
        unsealed: list[int] = []
        if not self._with_tokens:
            return unsealed
        begin = time.perf_counter()
        tokens = self._tokens = stack.enter_context(SealedTokens(self._url, self._people))
        print(f"{TOKENS}: built in {time.perf_counter() - begin:.0f} s", flush=True)

        def search(question):  # type: ignore[no-untyped-def]
            before = tokens.opened
            found = tokens.search(question)
            unsealed.append(tokens.opened - before)
            return found

        engines[TOKENS] = search
        return unsealed

    def _compare(self, engines: dict[str, Search], clocks: dict[str, Clock]) -> dict[str, ByKind]:
        compare(questions(self._people, _WARMING_UP, 1), engines, self._by_id)
        asked = questions(self._people, self._per_kind, self._seed)
        figures = compare(asked, engines, self._by_id, clocks=clocks)
        for name, found in figures.items():
            show(name, found)
        return figures

    def _hold_quality(self, figures: dict[str, ByKind], bars: Bars) -> None:
        finder, best = total_of(figures[FINDER]), total_of(figures[FOLDED])
        bars.at_least("finder hit@20 >= 98 %", finder.hit_at_20, 98)
        bars.at_least("finder hit@1 >= 89 %", finder.hit_at_1, 89)
        bars.at_least("finder hit@20 - best plain SQL >= 0", finder.hit_at_20 - best.hit_at_20, 0)
        bars.at_least("finder hit@1 - best plain SQL >= 0", finder.hit_at_1 - best.hit_at_1, 0)
        if TOKENS in figures:
            tokens = total_of(figures[TOKENS])
            bars.at_least("tokens hit@20 >= 95 %", tokens.hit_at_20, 95)
            bars.at_least("tokens hit@1 >= 86 %", tokens.hit_at_1, 86)

    def _hold_speed(self, figures: dict[str, ByKind], small: float, bars: Bars) -> None:
        finder, raw = total_of(figures[FINDER]), total_of(figures[RAW])
        for part, most in ((0.5, 0.10), (0.95, 0.15)):
            ratio = finder.milliseconds(part) / raw.milliseconds(part)
            bars.at_most(f"finder p{100 * part:.0f} / raw pg_trgm <= {most}", ratio, most)
        grown = finder.milliseconds(0.5)
        print(f"\na search among a tenth: p50 {small:.2f} ms; among all: {grown:.2f} ms")
        bars.at_most("ten times the people, times the time < 10", grown / small, 9.99, ".2f")

    def _at_once(self, built: Built, bars: Bars) -> None:
        asked = questions(self._people, 2 * self._per_kind, self._seed + 1)
        with served(built.index, _PROCESSES) as replicas:
            finder_at_once(replicas, asked[:100], _SEARCHERS)
            finder = finder_at_once(replicas, asked[100:], _SEARCHERS)
        plain_at_once(self._url, asked[:100], _SEARCHERS)
        raw = plain_at_once(self._url, asked[100 : 100 + len(asked) // 2], _SEARCHERS)
        print(f"\n{_SEARCHERS} searchers at once, {_PROCESSES} finder processes, one memory")
        for name, seconds in ((FINDER, finder), (RAW, raw)):
            p50, p95 = 1000 * part_of(seconds, 0.5), 1000 * part_of(seconds, 0.95)
            print(f"{name:44} p50 {p50:8.1f} ms  p95 {p95:8.1f} ms")
        for part, most in ((0.5, 0.10), (0.95, 0.15)):
            ratio = part_of(finder, part) / part_of(raw, part)
            name = f"the same, {_SEARCHERS} at once: p{100 * part:.0f} ratio <= {most}"
            bars.at_most(name, ratio, most)

    def _starting(self, built: Built) -> None:
        """Print how long a finder takes to start from its snapshot."""
        now = datetime.datetime.now(datetime.UTC)
        moment = Moment("benchmark", 0, 0, now.date().isoformat(), now.isoformat())
        with tempfile.TemporaryDirectory(prefix="snapshot-") as folder:
            path = Path(folder) / "snapshot"
            begin = time.perf_counter()
            write(path, built.index, moment)
            written = time.perf_counter()
            index, _ = read(path, now + datetime.timedelta(seconds=1))
            took = time.perf_counter() - written
            print(
                f"\nsnapshot: {path.stat().st_size / 2**20:.0f} MB, written in "
                f"{written - begin:.1f} s; {len(index):,} people there in {took:.1f} s"
            )

    def _registering(self, built: Built, tokens: SealedTokens | None, bars: Bars) -> None:
        register = Register(self._url)
        try:
            some = self._people[:_REGISTER]
            register.insert_plain(some)
            register.index_names()
            register.insert_sealed(some)
            index = type(built.index)()
            reading, indexing = register.fill_from_ciphertext(index)
            print(
                f"cold start from ciphertext: {len(index) / reading:,.0f} people/s read and "
                f"unsealed, {len(index) / indexing:,.0f} people/s indexed"
            )
            first, second, third, fourth, fifth = (
                self._newcomers[at : at + _NEWCOMERS] for at in range(0, 5 * _NEWCOMERS, _NEWCOMERS)
            )
            gin = register.insert_plain(first)
            register.index_as_searched()
            plain = register.insert_plain(second)
            print(
                f"people registered a second: in clear, names under GIN {gin:,.0f}, with all "
                f"indexes of the search above {plain:,.0f}; sealed, nobody following "
                f"{register.insert_sealed(third):,.0f}"
            )

            def to_finder() -> Taker:
                return partial(list_in, built.index)

            found = {"the finder": (0.8, register.insert_followed(fourth, to_finder))}
            if tokens is not None:

                def to_tokens() -> Taker:
                    tokens.reconnect()
                    return tokens.take_up

                found["tokens"] = 0.4, register.insert_followed(fifth, to_tokens)
            for name, (least, taken) in found.items():
                print(
                    f"while {name} follows: {taken.registered:,.0f} registered a second "
                    f"({taken.registered / gin:.2f} of GIN alone), {taken.findable:,.0f} findable "
                    f"a second, the last of {_NEWCOMERS:,} {taken.lag:.1f} s after it registered"
                )
                promise = f"registering with {name} / in clear, indexed as searched >= {least}"
                bars.at_least(promise, taken.registered / plain, least, ".2f")
        finally:
            register.close()
