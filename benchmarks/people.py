"""A made-up population abroad, with names in eighteen scripts, always the same for a seed.

Common names are listed in finding/names/, one file a population, and drawn by Zipf's law; rare
ones are put together from stems and endings, so that a million people have well over a
hundred thousand different words in their names. Nobody in it exists.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from benchmarks.finding.romanising import romanise, schemes_for

NAMES = Path(__file__).parent / "finding" / "names"
POSTS = 150

# Population: (share in thousandths, how often registered in its own script).
_SHARES = {
    "spanish": (95, 1.0),
    "french": (65, 1.0),
    "german": (50, 1.0),
    "italian": (55, 1.0),
    "portuguese": (50, 1.0),
    "english": (60, 1.0),
    "polish": (45, 1.0),
    "romanian": (30, 1.0),
    "turkish": (40, 1.0),
    "vietnamese": (30, 1.0),
    "indonesian": (25, 1.0),
    "westafrican": (40, 1.0),
    "russian": (60, 0.7),
    "ukrainian": (45, 0.7),
    "serbian": (20, 0.6),
    "greek": (35, 0.7),
    "arabic": (90, 0.7),
    "persian": (20, 0.7),
    "hebrew": (20, 0.7),
    "georgian": (8, 0.7),
    "armenian": (8, 0.7),
    "ethiopic": (20, 0.7),
    "hindi": (22, 0.5),
    "tamil": (8, 0.5),
    "bengali": (14, 0.5),
    "chinese": (30, 0.6),
    "korean": (10, 0.6),
    "japanese": (5, 0.6),
}


def _listed(text: str) -> list[str]:
    return text.split()


_MIDDLES = {
    "latin": _listed(
        "la le li lo lu na ne ni no ra re ri ro ta te ti to va ve vi da de di do ma me mi"
    ),
    "russian": _listed(
        "ла ли ло лу на не ни но ра ре ри ро та те ти то ва ве ви да де ди ма ме ми"
    ),
    "ukrainian": _listed("ла ли ло лу на не ни но ра ре ри ро та те ти то ва ве ви да де ди ма ме"),
    "serbian": _listed("ла ли ло лу на не ни но ра ре ри ро та те ти то ва ве ви да де ди ма ме"),
    "greek": _listed("αλ ελ ιλ ολ αν εν ιν ον αρ ερ ιρ ορ ατ ετ ιτ οτ αμ εμ ιμ ομ"),
    "georgian": _listed("ალ ელ ილ ოლ ან ენ ინ ონ არ ერ ირ ორ"),
    "armenian": _listed("ալ ել իլ ոլ ան են ին ոն ար եր իր"),
}


@dataclass(frozen=True, slots=True)
class NameWord:
    """One word of a name: as its own people write it, and the Latin spellings in use.

    The first Latin spelling is the usual one.
    """

    native: str
    latin: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist."""

    person_id: UUID
    population: str
    given: tuple[NameWord, ...]
    family: tuple[NameWord, ...]
    is_native: bool
    city: str
    place: str
    post_id: int
    birth_year: int

    @property
    def given_names(self) -> str:
        """Given names as registered."""
        return self._written(self.given)

    @property
    def family_names(self) -> str:
        """Family names as registered."""
        return self._written(self.family)

    @property
    def names(self) -> str:
        """Given and family names as registered, in this order."""
        return f"{self.given_names} {self.family_names}".strip()

    def _written(self, words: tuple[NameWord, ...]) -> str:
        return " ".join(word.native if self.is_native else word.latin[0] for word in words)


class _Source:
    """The names of one population."""

    def __init__(self, population: str) -> None:
        self.population = population
        self.sections: dict[str, list[NameWord]] = {}
        text = (NAMES / f"{population}.txt").read_text(encoding="utf-8")
        for line in text.splitlines():
            section, _, entries = line.partition(": ")
            self.sections[section] = [self._word(entry) for entry in entries.split()]
        self._weights = {
            section: list(
                itertools.accumulate(1 / (rank + 4) ** 0.85 for rank in range(len(words)))
            )
            for section, words in self.sections.items()
        }

    def _word(self, entry: str) -> NameWord:
        native, _, spellings = entry.replace("_", " ").partition("=")
        if spellings:
            return NameWord(native, tuple(spellings.split("/")))
        return NameWord(native, self.latin(native))

    def latin(self, native: str) -> tuple[str, ...]:
        """Return the Latin spellings of a word that has no list of its own."""
        count = schemes_for(self.population)
        if not count:
            return (native,)
        return tuple(romanise(native, self.population, scheme) for scheme in range(count))

    def draw(self, section: str, rng: random.Random) -> NameWord:
        """Draw a name, common ones more often."""
        words = self.sections[section]
        return rng.choices(words, cum_weights=self._weights[section])[0]

    def even(self, section: str, rng: random.Random) -> NameWord:
        """Draw a part of a name, all equally often."""
        return rng.choice(self.sections[section])

    def __contains__(self, section: str) -> bool:
        return section in self.sections


def _together(source: _Source, parts: list[NameWord], joint: str = "") -> NameWord:
    native = joint.join(part.native for part in parts)
    if schemes_for(source.population):
        return NameWord(native, source.latin(native))
    most = max(len(part.latin) for part in parts)
    spellings = [
        joint.join(part.latin[min(at, len(part.latin) - 1)] for part in parts).capitalize()
        for at in range(most)
    ]
    return NameWord(native, tuple(dict.fromkeys(spellings)))


def _from_root(source: _Source, rng: random.Random) -> NameWord:
    """Make an Arabic family name from three consonants and a pattern."""
    first, second, third = (source.even("roots", rng) for _ in range(3))
    a, b, c = (letter.native for letter in (first, second, third))
    shapes = {
        f"{a}ا{b}{c}": "1a2i3 1a2e3",
        f"{a}{b}ي{c}": "1a2i3 1a2ee3",
        f"م{a}{b}و{c}": "Ma12ou3 Ma12u3 Ma12oo3",
        f"{a}{b}ا{c}": "1a22a3 1a2a3",
        f"{a}{b}{c}ان": "1a23an 1a23ane",
        f"ال{a}{b}{c}ي": "Al-1a23i El-1a23y 1a23i",
        f"{a}{b}{c}اوي": "1a23aoui 1a23awi",
    }
    native = rng.choice(list(shapes))
    spellings = []
    for at, shape in enumerate(shapes[native].split()):
        for number, letter in enumerate((first, second, third), start=1):
            latin = letter.latin[min(at, len(letter.latin) - 1)]
            shape = shape.replace(str(number), "" if latin in "'7" else latin)
        spellings.append(shape.replace("7", "h").capitalize() if shape[2:3] != "-" else shape)
    return NameWord(native, tuple(spellings))


def _family(source: _Source, rng: random.Random) -> NameWord:
    rare = rng.random()
    if "roots" in source and rare < 0.4:
        return _from_root(source, rng)
    if "stems" in source and rare < 0.45:
        parts = [source.even("stems", rng), source.even("endings", rng)]
        middles = _MIDDLES.get(source.population, _MIDDLES["latin"])
        if rare < 0.12 and source.population != "japanese":
            middle = rng.choice(middles)
            parts.insert(1, NameWord(middle, source.latin(middle)))
        return _together(source, parts)
    if "compounds" in source and rare < 0.4:
        if "seconds" in source:
            return _together(source, [source.even("compounds", rng), source.even("seconds", rng)])
        return _together(source, [source.draw("family", rng), source.even("compounds", rng)])
    return source.draw("family" if "family" in source else "given", rng)


def _names(source: _Source, rng: random.Random) -> tuple[list[NameWord], list[NameWord]]:
    """Return given and family names in the shape the population uses."""
    kind = source.population
    if "syllables" in source:
        count = 1 if kind == "chinese" and rng.random() < 0.25 else 2
        whole = _together(source, [source.draw("syllables", rng) for _ in range(count)])
        return [whole], [source.draw("family", rng)]
    given = [source.draw("given", rng)]
    if kind == "vietnamese":
        return [source.draw("middle", rng), *given], [source.draw("family", rng)]
    seconds = {"spanish": 0.4, "portuguese": 0.35, "arabic": 0.5, "french": 0.15, "english": 0.3}
    seconds |= {"german": 0.15, "italian": 0.15, "polish": 0.1, "westafrican": 0.2, "ethiopic": 0.4}
    if rng.random() < seconds.get(kind, 0.05):
        second = source.draw("given", rng)
        if second.native != given[0].native:
            given.append(second)
    family = [_family(source, rng)]
    if kind in ("spanish", "portuguese") and rng.random() < 0.75:
        family.append(_family(source, rng))
    if kind in ("russian", "ukrainian", "bulgarian") and given[0].native[-1] in "ая":
        native = family[0].native
        if native.endswith(("ов", "ев", "ёв", "ин")):
            family = [NameWord(native + "а", source.latin(native + "а"))]
    return given, family


@lru_cache(maxsize=1)
def _sources() -> dict[str, _Source]:
    return {population: _Source(population) for population in _SHARES}


@lru_cache(maxsize=1)
def _cities() -> list[str]:
    return (NAMES / "places.txt").read_text(encoding="utf-8").replace("\n", " ").split()


def people(count: int, seed: int = 20) -> Iterator[Person]:
    """Yield `count` made-up people; the first ones are the same whatever the count."""
    rng = random.Random(seed)
    sources, cities = _sources(), _cities()
    populations = list(_SHARES)
    shares = list(itertools.accumulate(share for share, _ in _SHARES.values()))
    city_shares = list(itertools.accumulate(1 / (rank + 6) for rank in range(len(cities))))
    for _ in range(count):
        population = rng.choices(populations, cum_weights=shares)[0]
        given, family = _names(sources[population], rng)
        number = rng.choices(range(len(cities)), cum_weights=city_shares)[0]
        city = cities[number].replace("_", " ")
        yield Person(
            person_id=UUID(int=rng.getrandbits(128), version=4),
            population=population,
            given=tuple(given),
            family=tuple(family),
            is_native=rng.random() < _SHARES[population][1],
            city=city,
            place=f"{city} {10_000 + 400 * number + rng.randrange(30)}",
            post_id=1 + number % POSTS,
            birth_year=rng.randrange(1935, 2010),
        )
