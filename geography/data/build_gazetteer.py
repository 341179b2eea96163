"""Builds `cities.tsv` and `outlines.tsv`; see README.md. For maintainers only.

python -m geography.data.build_gazetteer --cities …/cities15000.json --natural-earth …/build.json
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from geography.data.build import FORMER_MEANING
from geography.data.sources import resemblance
from geography.folding import folded
from geography.outline_codec import encoded

HERE: Final = Path(__file__).parent
# Degrees: about two kilometres. Whoever asks about a border widens it by more than this.
SIMPLIFIED: Final = 0.02
# A smaller piece of land is kept as the box around it.
SMALL_PIECE: Final = 0.01
# Likeness, out of 100, from which a name of Natural Earth is that of an area of ours.
SAME_CODE, OTHER_CODE = 60.0, 88.0
# A city off every outline (on a pier, an islet) belongs to the nearest within so many degrees.
NEAREST: Final = 0.3
# People per square kilometre of a town, and how far towns reach beyond an even disc.
DENSITY, SPREAD = 3000.0, 1.0
SMALLEST_TOWN, LARGEST_TOWN = 1500, 25000
# Natural Earth draws these inside another State; here they are countries.
OWN_COUNTRY: Final = {"FR-GF", "FR-GP", "FR-MQ", "FR-RE", "FR-YT", "US-PR"}


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


class Areas:
    """Which area of ours a feature of Natural Earth is."""

    def __init__(self) -> None:
        self.countries = {row["code"] for row in _rows("countries.tsv")}
        self.names: dict[str, list[str]] = {
            row["code"]: [row[lang] for lang in ("en", "fr", "es") if row[lang]]
            for row in _rows("areas.tsv")
        }
        self.codes_of: dict[str, list[str]] = {}
        for code in self.names:
            self.codes_of.setdefault(code[:2], []).append(code)

    def code_for(self, properties: dict[str, Any]) -> str | None:
        """Return the area's code, the country's where no area fits, None for no country."""
        given = properties.get("iso_3166_2") or ""
        country = given[3:] if given in OWN_COUNTRY else given[:2]
        if country not in self.countries:
            country = properties.get("iso_a2") or ""
        if country not in self.countries:
            return None
        spellings = [
            name
            for key in ("name", "name_en", "name_fr", "name_es", "name_alt", "gn_name")
            for name in str(properties.get(key) or "").split("|")
            if name
        ]
        if given in self.names:
            if resemblance(self.names[given], spellings) >= SAME_CODE:
                return given
            if not FORMER_MEANING.fullmatch(given):
                return given
        best = max(
            (
                (resemblance(self.names[code], spellings), code)
                for code in self.codes_of.get(country, ())
            ),
            default=(0.0, ""),
        )
        return best[1] if best[0] >= OTHER_CODE else country


def outlines(path: Path, areas: Areas) -> tuple[dict[str, BaseGeometry], dict[str, BaseGeometry]]:
    """Return each area's land, exactly and simplified, by code of area or country."""
    pieces: dict[str, list[BaseGeometry]] = {}
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        code = areas.code_for(feature["properties"])
        if code is not None and feature["geometry"]:
            pieces.setdefault(code, []).append(shapely.make_valid(shape(feature["geometry"])))
    exact = {code: shapely.union_all(found) for code, found in sorted(pieces.items())}
    return exact, {code: _simplified(land) for code, land in exact.items()}


def _simplified(land: BaseGeometry) -> BaseGeometry:
    kept = []
    for piece in shapely.get_parts(land):
        if piece.geom_type != "Polygon":
            continue
        simple = shapely.simplify(piece, SIMPLIFIED)
        if piece.area < SMALL_PIECE or simple.is_empty:
            simple = shapely.box(*_widened(piece.bounds))
        kept.append(shapely.Polygon(simple.exterior))
    return shapely.MultiPolygon(kept)


def _widened(bounds: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    west, south, east, north = bounds
    return west - 0.005, south - 0.005, east + 0.005, north + 0.005


def city_areas(cities: list[dict[str, Any]], exact: dict[str, BaseGeometry]) -> list[str]:
    """Return the area code of each city, or nothing."""
    codes = list(exact)
    tree = shapely.STRtree(list(exact.values()))
    points = shapely.points([(city["longitude"], city["latitude"]) for city in cities])
    found = [""] * len(cities)

    def take(pairs: Any) -> None:
        for city, at in zip(*pairs, strict=True):
            code = codes[at]
            if code[:2] == cities[city]["countrycode"] and len(code) > 2:
                found[city] = code

    take(tree.query_nearest(points, max_distance=NEAREST))
    take(tree.query(points, predicate="within"))
    return found


def metres_across(population: int) -> int:
    """Return how far from its centre a town of so many people reaches."""
    reach = 1000 * SPREAD * math.sqrt(max(population, 0) / DENSITY / math.pi)
    return min(max(SMALLEST_TOWN, 500 * round(reach / 500)), LARGEST_TOWN)


def other_names(city: dict[str, Any]) -> list[str]:
    """Return the spellings besides the name that somebody may type, folded, each once."""
    own = folded(city["name"])
    names: dict[str, None] = {}
    for name in city["alternatenames"]:
        # Three capitals are an airport; plain small letters are a machine's transliteration.
        if (len(name) <= 4 and name.isascii() and name.isupper()) or (
            name.isascii() and name[:1].islower()
        ):
            continue
        plain = folded(name)
        if len(plain) > 1 and plain != own and "|" not in plain:
            names[plain] = None
    return sorted(names)


def write(name: str, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Write one table."""
    with (HERE / name).open("w", encoding="utf-8", newline="") as file:
        for row in (header, *rows):
            file.write("\t".join(str(value) for value in row) + "\n")


def main(arguments: list[str]) -> int:
    """Build both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cities", type=Path, required=True)
    parser.add_argument("--natural-earth", type=Path, required=True)
    given = parser.parse_args(arguments)
    areas = Areas()
    exact, simple = outlines(given.natural_earth, areas)
    write("outlines.tsv", ("code", "rings"), ((code, encoded(simple[code])) for code in simple))
    cities = sorted(
        (
            city
            for city in json.loads(given.cities.read_text(encoding="utf-8")).values()
            if city["countrycode"] in areas.countries
        ),
        key=lambda city: (city["countrycode"], city["name"], city["geonameid"]),
    )
    write(
        "cities.tsv",
        ("country", "area", "name", "latitude", "longitude", "metres", "also"),
        (
            (
                city["countrycode"],
                area,
                city["name"],
                f"{city['latitude']:.4f}",
                f"{city['longitude']:.4f}",
                metres_across(city["population"]),
                "|".join(other_names(city)),
            )
            for city, area in zip(cities, city_areas(cities, exact), strict=True)
        ),
    )
    without = sum(1 for code in areas.names if code not in simple)
    print(f"{len(cities)} cities; {len(simple)} outlines; {without} areas without one of their own")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
