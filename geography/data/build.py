"""Rebuild countries.tsv and areas.tsv. Run by a maintainer when ISO 3166 changes; see README.md.

python -m geography.data.build --cldr FOLDER --natural-earth FILE
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import phonenumbers
import pycountry
from rapidfuzz import fuzz

from geography.data.naming import chosen
from geography.data.sources import (
    LANGUAGES,
    IsoTranslations,
    Names,
    cldr_subdivisions,
    consonants,
    country_names,
    iso_spellings,
    natural_earth,
    resemblance,
)


class Subdivision(Protocol):
    """What pycountry knows of an area."""

    code: str
    name: str
    type: str
    country_code: str
    parent_code: str | None


HERE: Final = Path(__file__).resolve().parent
# Same code in both lists, or a code that moved: how alike the names must be to be one place.
SAME_CODE, OTHER_CODE = 75, 92
# A translation this unlike its own area and this like another one belongs to the other.
OWN_AT_LEAST, ANOTHER_AT_LEAST = 60, 90

# Places with a country code of their own. One place has one code here, or an alert for the one
# would miss the people who chose the other.
OWN_COUNTRY_CODE: Final = re.compile(
    r"CN-(HK|MO|TW)|FI-01|FR-(97[12346]|BL|MF|NC|PF|PM|TF|WF)|NL-(AW|CW|SX|BQ[123])"
    r"|NO-2[12]|US-(AS|GU|MP|PR|UM|VI)"
)
# CLDR's list is older than these codes' present meaning (Iran 2020, Morocco 2018, Uganda 2020):
# there a code is believed only where the names agree.
FORMER_MEANING: Final = re.compile(r"IR-..|MA-(0.|1[0-6])|UG-331")
# Where even the names do not meet: present code -> the code CLDR has the same place under.
FORMER_CODE: Final = {
    "IR-00": "IR-22",
    "IR-03": "IR-01",
    "IR-04": "IR-02",
    "IR-09": "IR-30",
    "IR-14": "IR-08",
    "IR-17": "IR-18",
    "IR-28": "IR-31",
    "IR-29": "IR-29",
    "IR-30": "IR-32",
    "MA-02": "MA-04",
}


@dataclass(slots=True)
class Row:
    """One area on its way into the table: per language the list name and a fuller one."""

    code: str
    parent: str
    kind: str
    iso_name: str
    names: dict[str, tuple[str, str]]


def build_countries(corrections: dict[tuple[str, str], str]) -> list[list[str]]:
    """Return rows: code, dialling code ("+961" or nothing), a name per language."""
    rows = []
    for code in sorted({country.alpha_2 for country in pycountry.countries} | {"XK"}):
        dialling = phonenumbers.country_code_for_region(code)
        names = country_names(code)
        rows.append(
            [code, f"+{dialling}" if dialling else ""]
            + [corrections.get((code, lang), names[lang]) for lang in LANGUAGES]
        )
    return rows


class AreaBuilder:
    """Puts the sources together, area by area."""

    def __init__(
        self,
        cldr: dict[str, Names],
        earth: list[Names],
        corrections: dict[tuple[str, str], str],
    ) -> None:
        self.corrections = corrections
        self.iso = IsoTranslations()
        # For the maintainer who rebuilds: what was thrown away and what nobody translates.
        self.remarks: list[str] = []
        self.cldr = cldr
        self.cldr_of = self._per_country(cldr.values())
        self.earth_of = self._per_country(earth)
        self._areas_of: dict[str, list[Subdivision]] = {}
        for area in pycountry.subdivisions:
            self._areas_of.setdefault(area.country_code, []).append(area)
        self.current = {area.code for area in pycountry.subdivisions}
        self._spellings = {
            area.code: iso_spellings(area.name)
            + [
                name
                for lang, name in (cldr[area.code].by_language if area.code in cldr else {}).items()
                if lang == "en" and not FORMER_MEANING.fullmatch(area.code)
            ]
            for area in pycountry.subdivisions
        }

    @staticmethod
    def _per_country(entries: Iterable[Names]) -> dict[str, list[Names]]:
        found: dict[str, list[Names]] = {}
        for entry in entries:
            found.setdefault(entry.code[:2], []).append(entry)
        return found

    def rows(self) -> list[Row]:
        """Return every area that is offered, names made unlike within each country."""
        rows = [
            self._row(area)
            for area in sorted(pycountry.subdivisions, key=lambda area: area.code)
            if not OWN_COUNTRY_CODE.fullmatch(area.code)
        ]
        for language in LANGUAGES:
            _tell_apart(rows, language)
        return rows

    def _row(self, area: Subdivision) -> Row:
        spellings = iso_spellings(area.name)
        from_cldr = self._cldr_entry(area.code, spellings)
        known = spellings + (from_cldr.latin() if from_cldr else [])
        from_earth = self._closest(self.earth_of.get(area.code[:2], []), area.code, known)
        names: dict[str, tuple[str, str]] = {}
        for language in LANGUAGES:
            if given := self.corrections.get((area.code, language)):
                names[language] = (given, given)
                continue
            candidates = [
                entry.by_language[language]
                for entry in (from_cldr, from_earth)
                if entry and language in entry.by_language
            ]
            if translated := self.iso.name(area.name, language):
                candidates.append(translated)
            if language == "en":
                candidates.append(spellings[0])
            if found := chosen(candidates, language):
                names[language] = found
        self._drop_misplaced(area, names)
        parent = area.parent_code or ""
        return Row(area.code, parent, area.type.lower(), spellings[0], names)

    def _cldr_entry(self, code: str, spellings: list[str]) -> Names | None:
        if former := FORMER_CODE.get(code):
            return self.cldr.get(former)
        if code in self.cldr and not FORMER_MEANING.fullmatch(code):
            return self.cldr[code]
        # Not what another current code is known by, or two areas would share one name.
        free = [
            entry
            for entry in self.cldr_of.get(code[:2], [])
            if entry.code not in self.current or FORMER_MEANING.fullmatch(entry.code)
        ]
        return self._closest(free, "", spellings)

    def _drop_misplaced(self, area: Subdivision, names: dict[str, tuple[str, str]]) -> None:
        """Drop a translation that is plainly the name of another area of the country.

        CLDR takes translations from a source that went on using codes with their former meaning.
        """
        for language in ("fr", "es", "ar"):
            if language not in names or (area.code, language) in self.corrections:
                continue
            alike = partial(_alike, names[language][0], language == "ar")
            own = max(map(alike, self._spellings[area.code]))
            if own >= OWN_AT_LEAST:
                continue
            for other in self._areas_of[area.country_code]:
                related = area.code in (other.code, other.parent_code)
                if related or other.code == area.parent_code:
                    continue
                if max(map(alike, self._spellings[other.code])) >= ANOTHER_AT_LEAST:
                    name = names.pop(language)[0]
                    self.remarks.append(f"dropped {area.code} {area.name} {language}: {name}")
                    break

    @staticmethod
    def _closest(entries: list[Names], code: str, spellings: list[str]) -> Names | None:
        best, best_score = None, 0.0
        for entry in entries:
            score = resemblance(spellings, entry.latin())
            if score >= (SAME_CODE if entry.code == code else OTHER_CODE):
                score += 100 if entry.code == code else 0
                if score > best_score:
                    best, best_score = entry, score
        return best


def _alike(name: str, by_consonants: bool, other: str) -> float:
    if by_consonants:
        return fuzz.ratio(consonants(name), consonants(other))
    return resemblance([name], [other])


def _tell_apart(rows: list[Row], language: str) -> None:
    """Give areas that would read the same in one list fuller names, else ISO's own."""
    for last_resort in (False, True):
        seen = Counter(
            (row.code[:2], row.parent, row.names[language][0])
            for row in rows
            if language in row.names
        )
        for row in rows:
            name, full = row.names.get(language, ("", ""))
            if name and seen[row.code[:2], row.parent, name] > 1:
                if not last_resort:
                    row.names[language] = (full, full)
                elif language == "en":
                    row.names[language] = (row.iso_name, row.iso_name)
                else:
                    del row.names[language]


def read_corrections() -> dict[tuple[str, str], str]:
    """Return (code, language) -> the name that stands whatever the sources say."""
    with (HERE / "corrections.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {(row["code"], lang): row[lang] for row in rows for lang in LANGUAGES if row[lang]}


def write(name: str, header: list[str], rows: Iterable[list[str]]) -> None:
    """Write one table, tab-separated, one line per place, no quoting."""
    lines = ["\t".join(header), *("\t".join(row) for row in rows)]
    (HERE / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Build both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cldr", type=Path, required=True, help="CLDR's common/subdivisions")
    parser.add_argument("--natural-earth", type=Path, required=True, help="admin-1 GeoJSON")
    options = parser.parse_args()
    corrections = read_corrections()
    write("countries.tsv", ["code", "dialling_code", *LANGUAGES], build_countries(corrections))
    builder = AreaBuilder(
        cldr_subdivisions(options.cldr), natural_earth(options.natural_earth), corrections
    )
    rows = builder.rows()
    write(
        "areas.tsv",
        ["code", "parent", "category", *LANGUAGES],
        (
            [row.code, row.parent, row.kind]
            + [row.names[lang][0] if lang in row.names else "" for lang in LANGUAGES]
            for row in rows
        ),
    )
    for language in LANGUAGES:
        missing = [row.code for row in rows if language not in row.names]
        builder.remarks.append(f"{language}, no name for {len(missing)}: {' '.join(missing)}")
    sys.stdout.write("\n".join(builder.remarks) + "\n")


if __name__ == "__main__":
    main()
