"""The outside name lists the committed tables are built from, read into one shape.

Only build.py uses this; it needs packages that are installed for development only.
"""

from __future__ import annotations

import gettext
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import pycountry
from anyascii import anyascii
from babel import Locale
from rapidfuzz import fuzz

LANGUAGES: Final = ("en", "fr", "es", "ar")

# Words for "kind of area": two spellings of a name are compared without them.
_KIND_WORD = re.compile(
    r"province|provincia|region|district|county|department|departamento|municipality|municipalidad|"
    r"municipalite|governorate|gouvernorat|gobernacion|state|estado|city|oblast|raion|rayon|canton|"
    r"parish|wilaya|subdivision|prefecture|comte|comitat|voivodie|okrug|kraj|novads|miestas|"
    r"apskritis|zupanija|lan|sheng|kray|voblasc|respublika|al|ad|an|as|ash|at|az|ar|el|and|et|y|the|"
    r"of|de|del|la|le|los|las|les|des|du|d|l|i|e"
)


@dataclass(frozen=True, slots=True)
class Names:
    """One area as one source names it: its code there and its name per language."""

    code: str
    by_language: dict[str, str]
    # Other spellings, good for recognising the area but not for showing.
    also: tuple[str, ...] = field(default=())

    def latin(self) -> list[str]:
        """Return every spelling in Latin letters."""
        return [name for lang, name in self.by_language.items() if lang != "ar"] + list(self.also)


def essence(name: str) -> str:
    """Return the name in plain lower-case letters without its kind-of-area words."""
    words = re.findall(r"[a-z0-9]+", anyascii(name).lower().replace("'", "").replace("`", ""))
    return " ".join([word for word in words if not _KIND_WORD.fullmatch(word)] or words)


def consonants(name: str) -> str:
    """Return what is left of a name in any script when vowels go and voice is ignored.

    Good enough to tell whether an Arabic spelling can be the same place as an English one.
    """
    plain = essence(name).replace("kh", "k").replace("gh", "g").replace("sh", "s")
    plain = plain.replace("ch", "s").replace("th", "t").replace("dh", "d").replace("ph", "f")
    letters = plain.translate(str.maketrans("bdgjzvcq", "ptkksfkk", "aeiouyw"))
    return re.sub(r"(.)\1+", r"\1", letters.replace("h", ""))


def resemblance(ours: Iterable[str], theirs: Iterable[str]) -> float:
    """Return 0-100: how close the two closest spellings are."""
    right = [essence(name) for name in theirs]
    return max(
        (fuzz.ratio(essence(one), other) for one in ours for other in right),
        default=0.0,
    )


def iso_spellings(name: str) -> list[str]:
    """Return the spellings ISO gives in one field: "Abū Z̧aby [Abu Dhabi]" has two."""
    return [re.sub(r"\s*[\[(].*?[\])]", "", name), *re.findall(r"\[(.*?)\]", name)]


def cldr_subdivisions(folder: Path) -> dict[str, Names]:
    """Read CLDR's common/subdivisions: names of ISO 3166-2 areas, by code."""
    names: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        # A file the maintainer unpacked from a signed package, read on their own machine.
        root = ElementTree.parse(folder / f"{language}.xml").getroot()  # noqa: S314
        for element in root.iter("subdivision"):
            if element.get("alt") is None and element.text:
                compact = element.get("type", "").upper()
                code = f"{compact[:2]}-{compact[2:]}"
                names.setdefault(code, {})[language] = element.text
    return {code: Names(code, found) for code, found in names.items()}


def natural_earth(path: Path) -> list[Names]:
    """Read Natural Earth's admin-1 features (GeoJSON): names in many languages."""
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return list(_natural_earth_names(feature["properties"] for feature in features))


def _natural_earth_names(rows: Iterable[dict[str, str | None]]) -> Iterator[Names]:
    for row in rows:
        found = {lang: name for lang in LANGUAGES if (name := row.get(f"name_{lang}"))}
        also = (row.get("name") or "").split("|") + (row.get("name_alt") or "").split("|")
        yield Names(row.get("iso_3166_2") or "", found, tuple(name for name in also if name))


class IsoTranslations:
    """The translations of ISO 3166-2 names that come with pycountry (fr and es only)."""

    def __init__(self) -> None:
        self._catalogues = {
            language: gettext.translation(
                "iso3166-2", pycountry.LOCALES_DIR, languages=[language], fallback=True
            )
            for language in LANGUAGES
        }

    def name(self, iso_name: str, language: str) -> str | None:
        """Return the translation, or None where the catalogue has none."""
        translated = self._catalogues[language].gettext(iso_name)
        return None if translated == iso_name else translated


def country_names(code: str) -> dict[str, str]:
    """Return CLDR's name of a country in each language."""
    return {language: Locale(language).territories[code] for language in LANGUAGES}
