"""People in drawn areas: the finder and map-cell tokens against PostGIS, on the same positions.

`python -m benchmarks.finding.geometry 1000000` scatters positions round the towns of the
gazetteer, draws seeded star polygons of 3 to 400 km, and asks three ways who is in them: the
finder's index (with what goes over its socket packed and opened), tokens of H3 cells in
PostgreSQL with unsealing, and PostGIS with a GiST index over the positions in clear. Right is
what shapely says of every single position; all three, and shapely, take edges as straight on a
map of plain longitudes and latitudes. PostGIS hands ids over as bytes, so that no side pays for
making objects of them but the tokens, whose code does.

Best of three for each polygon and side, geometry prepared anew each time. Ends with 1 when
somebody is missed or found wrongly, or a bar is missed: the finder 0.25 of PostGIS's time over
all polygons together, tokens 4 times. Needs Debian's postgresql-15-postgis-3 (see `ready`).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from demo import identity as identities
from demo.binaries import PostgresPrograms
from demo.keys import ensure
from demo.postgres import Postgres

if TYPE_CHECKING:
    import psycopg

_PROGRAMS = Path("/usr/lib/postgresql/15")
_PACKAGES = ("postgresql-15", "postgresql-15-postgis-3")
RADII_KM = (3, 15, 80, 400)
PER_RADIUS = 15
FINDER_BAR, TOKENS_BAR = 0.25, 4.0
_SPREAD_DEGREES = 0.08
_BATCH = 20_000
_TIMES = 3
_SCATTER = 0x9E3779B97F4A7C15

Degrees = npt.NDArray[np.float64]


@dataclass
class Population:
    """Positions by number; the id of a stay is made of its number."""

    longitudes: Degrees
    latitudes: Degrees

    @classmethod
    def of(cls, count: int, seed: int) -> Population:
        """Scatter positions round towns, as many round each by chance."""
        from geography.gazetteer import cities

        chance = np.random.default_rng(seed)
        towns = np.array([(one.longitude, one.latitude) for one in cities()])
        near = towns[chance.integers(0, len(towns), count)]
        near += chance.normal(0, _SPREAD_DEGREES, near.shape)
        longitudes = (near[:, 0] + 180) % 360 - 180
        return cls(np.round(longitudes, 6), np.round(np.clip(near[:, 1], -90, 90), 6))

    def __len__(self) -> int:
        return len(self.latitudes)


def id_of(number: int) -> UUID:
    """Return the id of a stay, and of its person: scattered, as real ones are."""
    return UUID(int=number << 64 | number * _SCATTER % (1 << 64))


def number_of(stay_id: bytes) -> int:
    """Undo `id_of`."""
    return int.from_bytes(stay_id[:8], "big")


def star(chance: random.Random, longitude: float, latitude: float, radius_km: float) -> Any:
    """Return a star polygon round a point as GeoJSON, within the map."""
    corners = chance.randint(8, 40)
    ring = []
    for corner in range(corners):
        turn = 2 * math.pi * corner / corners
        reach = radius_km * chance.uniform(0.35, 1) / 111.2
        ring.append(
            [
                round(longitude + reach * math.cos(turn) / math.cos(math.radians(latitude)), 6),
                round(latitude + reach * math.sin(turn), 6),
            ]
        )
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def stars(seed: int, per_radius: int) -> Iterator[tuple[int, Any]]:
    """Yield (radius in km, polygon) round towns away from the poles and the 180th meridian."""
    from geography.gazetteer import cities

    chance = random.Random(seed)
    towns = [one for one in cities() if abs(one.latitude) < 65 and abs(one.longitude) < 170]
    for radius in RADII_KM:
        for _ in range(per_radius):
            town = chance.choice(towns)
            yield radius, star(chance, town.longitude, town.latitude, radius)


@dataclass
class Figures:
    """Milliseconds of one side, by radius, and the people it missed or found wrongly."""

    took: dict[int, list[float]] = field(default_factory=dict)
    missed: int = 0
    wrong: int = 0
    right: int = 0

    def note(self, radius: int, took: float, found: set[int], truth: set[int]) -> None:
        """Add one polygon."""
        self.took.setdefault(radius, []).append(took)
        self.missed += len(truth - found)
        self.wrong += len(found - truth)
        self.right += len(found & truth)

    @property
    def total(self) -> float:
        """Milliseconds for all polygons."""
        return sum(map(sum, self.took.values()))


def ready() -> str:
    """Return why PostGIS cannot be had, or nothing; installs it where that is allowed."""
    control = Path("/usr/share/postgresql/15/extension/postgis.control")
    if control.exists() and (_PROGRAMS / "bin" / "initdb").exists():
        return ""
    if os.geteuid() == 0:
        done = subprocess.run(
            ["apt-get", "install", "-y", "-q", *_PACKAGES],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode == 0:
            return ""
    return f"PostGIS is not here: install the Debian packages {' and '.join(_PACKAGES)}."


@contextmanager
def ground() -> Iterator[str]:
    """Run a private PostgreSQL 15 with Django on it; gives the superuser's address."""
    with tempfile.TemporaryDirectory(prefix="geometry-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        data = home / "data"
        data.mkdir()
        identity = identities.current()
        identity.take(data)
        server = Postgres(
            programs=PostgresPrograms(_PROGRAMS, 15),
            home=data,
            log=home / "postgres.log",
            identity=identity,
            superuser_password=secrets.token_urlsafe(24),
            password=secrets.token_urlsafe(24),
            is_durable=False,
        )
        server.start()
        try:
            os.environ.update(
                {
                    **ensure(home / "keys").environment(),
                    "DATABASE_URL": server.url("registry"),
                    "KEYS_DATABASE_URL": server.url("registry_keys"),
                    "REDIS_URL": "redis://127.0.0.1:1/0",
                    "DJANGO_SETTINGS_MODULE": "config.settings.dev",
                }
            )
            import django

            django.setup()
            from django.core.management import call_command

            for alias in ("default", "keys"):
                call_command("migrate", database=alias, verbosity=0)
            yield server.superuser_url("registry")
        finally:
            server.stop()


def load(connection: psycopg.Connection[Any], population: Population) -> None:
    """Write sealed positions, each under its person's own key, and the same in clear.

    Only what is asked for is written: no names, and no rows for the people themselves.
    """
    from encryption.fields import pad
    from encryption.person_keys import create_keys
    from geography.positions import ExactPosition
    from registry.models import Stay

    sealed = Stay._meta.get_field("position")
    connection.execute("CREATE EXTENSION postgis")
    connection.execute("CREATE TABLE plain (id uuid PRIMARY KEY, at geometry(Point, 4326))")
    # The people are left out, so nothing may look for them.
    connection.execute("SET session_replication_role = replica")
    connection.execute(
        "INSERT INTO geography_post (id, code, country_id, names, kind, is_open, is_fallback,"
        " phone, email, time_zone) VALUES (1, 'desk', 'FR', '{\"en\": \"Desk\"}', 'embassy',"
        " true, true, '', '', 'UTC')"
    )
    with connection.cursor() as cursor:
        for first in range(0, len(population), _BATCH):
            numbers = range(first, min(first + _BATCH, len(population)))
            ids = {number: id_of(number) for number in numbers}
            keys = create_keys(ids.values())
            with cursor.copy(
                "COPY registry_stay (id, registrant_id, kind, country_id, place, position,"
                " post_id, from_on, last_confirmed_at, changed_in) FROM STDIN"
            ) as copy:
                for number, stay_id in ids.items():
                    where = ExactPosition(
                        float(population.latitudes[number]),
                        float(population.longitudes[number]),
                        50,
                    )
                    data = keys[stay_id].seal(
                        pad(sealed.encode(where.as_data()), sealed.pad_to),
                        f"registry_stay|position|{stay_id}".encode(),
                    )
                    copy.write_row(
                        (
                            stay_id,
                            stay_id,
                            "residence",
                            "FR",
                            b"",
                            data,
                            1,
                            "2026-01-01",
                            "2026-01-01",
                            1,
                        )
                    )
            with cursor.copy("COPY plain FROM STDIN") as copy:
                for number, stay_id in ids.items():
                    x, y = population.longitudes[number], population.latitudes[number]
                    copy.write_row((stay_id, f"SRID=4326;POINT({x:.6f} {y:.6f})"))
    connection.execute("SET session_replication_role = origin")
    connection.execute("CREATE INDEX plain_by_place ON plain USING gist (at)")
    # PostGIS at its best: neighbours on one page, and an index cheap to use.
    connection.execute("CLUSTER plain USING plain_by_place")
    connection.execute("ALTER SYSTEM SET random_page_cost = 1.1")
    connection.execute("ALTER SYSTEM SET jit = off")
    connection.execute("SELECT pg_reload_conf()")


def best(ask: Callable[[], set[int] | npt.NDArray[np.int64]]) -> tuple[float, set[int]]:
    """Return the shortest time of some runs in milliseconds, and what was found."""
    from geography.regions import region

    shortest, found = math.inf, set[int]()
    for _ in range(_TIMES):
        region.cache_clear()
        begin = time.perf_counter()
        answer = ask()
        shortest = min(shortest, 1000 * (time.perf_counter() - begin))
        found = {int(number) for number in answer}
    return shortest, found


def run(population: Population, url: str, seed: int, per_radius: int) -> dict[str, Figures]:
    """Put every polygon to every side."""
    import psycopg
    import shapely
    from psycopg.adapt import Loader

    from geography.drawing import shape_from_data
    from geography.positions import ExactPosition
    from registry.finding.points import FoundStays, PlacedStay, PointIndex
    from registry.finding.points_answering import PAGE, PointAnswers
    from registry.finding.points_cells import CellPoints, fill_cells

    class AsBytes(Loader):
        def load(self, data: Any) -> bytes:
            return bytes(data)

    sides = {name: Figures() for name in ("PostGIS", "finder", "tokens")}
    with psycopg.connect(url, autocommit=True) as connection:
        begin = time.monotonic()
        load(connection, population)
        print(f"  sealed and stored in {time.monotonic() - begin:.0f} s")
        begin = time.monotonic()
        for _ in fill_cells():
            pass
        took = time.monotonic() - begin
        print(f"  map-cell tokens made in {took:.0f} s, {len(population) / took:,.0f} a second")
        connection.execute("VACUUM ANALYZE")
        index = PointIndex()
        index.load_later()
        begin = time.monotonic()
        for number in range(len(population)):
            where = ExactPosition(
                float(population.latitudes[number]), float(population.longitudes[number]), 50
            )
            index.put(id_of(number), [PlacedStay(id_of(number), where)])
        index.settle()
        memory = sum(map(len, index.parts().values()))
        print(f"  finder filled in {time.monotonic() - begin:.0f} s, {memory / 1e6:.0f} MB packed")
        connection.adapters.register_loader("uuid", AsBytes)
        plain = connection.cursor(binary=True)
        plain.adapters.register_loader("uuid", type("AsBytesBinary", (AsBytes,), {"format": 1}))
        answers, tokens = PointAnswers(), CellPoints()

        def ask_postgis(text: str) -> npt.NDArray[np.int64]:
            rows = plain.execute(
                "SELECT id FROM plain WHERE ST_Intersects(at, ST_SetSRID("
                "ST_GeomFromGeoJSON(%s), 4326))",
                [text],
            ).fetchall()
            return np.array([number_of(row[0]) for row in rows], np.int64)

        def ask_finder(data: Any) -> npt.NDArray[np.int64]:
            # As over the socket: a page is packed, sent as JSON, and opened.
            after, numbers = "", []
            while True:
                page = answers.page(index, 1, {"shape": data, "after": after})
                page = json.loads(json.dumps(page))
                stays = FoundStays.opened(page["stays"])
                numbers.append(stays.ids[:, :8].copy().view(">i8").reshape(-1))
                if not page["more"]:
                    return np.concatenate(numbers)
                assert len(stays) == PAGE
                after = stays.last.hex()

        def ask_tokens(shape: Any) -> set[int]:
            return {number_of(one.stay_id.bytes) for one in tokens.stays_in(shape)}

        for radius, data in stars(seed, per_radius):
            shape = shape_from_data(data)
            exact = shapely.intersects_xy(
                shapely.Polygon(data["coordinates"][0]),
                population.longitudes,
                population.latitudes,
            )
            truth = {int(number) for number in np.flatnonzero(exact)}
            text = json.dumps(data)
            sides["PostGIS"].note(radius, *best(partial(ask_postgis, text)), truth)
            sides["finder"].note(radius, *best(partial(ask_finder, data)), truth)
            sides["tokens"].note(
                radius,
                *best(partial(ask_tokens, shape)),
                truth,
            )
    return sides


def told(sides: dict[str, Figures]) -> list[str]:
    """Print the figures; return what misses its bar."""
    postgis = sides["PostGIS"]
    print(f"  {'radius':>8} {'PostGIS':>10} {'finder':>10} {'tokens':>10}   ms, median")
    for radius in RADII_KM:
        middle = {name: statistics.median(one.took[radius]) for name, one in sides.items()}
        print(
            f"  {radius:>5} km {middle['PostGIS']:>10.2f} {middle['finder']:>10.2f} "
            f"{middle['tokens']:>10.2f}   finder {middle['finder'] / middle['PostGIS']:.2f}, "
            f"tokens {middle['tokens'] / middle['PostGIS']:.2f} of PostGIS"
        )
    problems = []
    for name, one in sides.items():
        recall = one.right / max(one.right + one.missed, 1)
        precision = one.right / max(one.right + one.wrong, 1)
        print(f"  {name:>8}: recall {recall:.6f}, precision {precision:.6f}, {one.total:.1f} ms")
        if name != "PostGIS" and (one.missed or one.wrong):
            problems.append(f"{name}: {one.missed} missed, {one.wrong} found wrongly")
    for name, bar in (("finder", FINDER_BAR), ("tokens", TOKENS_BAR)):
        ratio = sides[name].total / postgis.total
        print(f"  {name:>8}: {ratio:.2f} of PostGIS over all polygons (at most {bar})")
        if ratio > bar:
            problems.append(f"{name} takes {ratio:.2f} of PostGIS's time")
    if not postgis.right:
        problems.append("no polygon held anybody")
    return problems


def main(argv: list[str]) -> int:
    """Run the benchmark; returns 0 when every bar is met."""
    parser = argparse.ArgumentParser(prog="geometry")
    parser.add_argument("people", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--per-radius", type=int, default=PER_RADIUS)
    parser.add_argument("--seed", type=int, default=2026)
    given = parser.parse_args(argv)
    from django.conf import settings

    if settings.configured:
        # Settings are read once a process, and this needs a server of its own.
        command = [sys.executable, "-m", "benchmarks.finding.geometry", *argv]
        return subprocess.run(command, check=False).returncode
    if reason := ready():
        print(reason)
        return 1
    print(f"{given.people:,} positions, {len(RADII_KM) * given.per_radius} polygons")
    with ground() as url:
        population = Population.of(given.people, given.seed)
        problems = told(run(population, url, given.seed, given.per_radius))
    for problem in problems:
        print(f"MISSED: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
