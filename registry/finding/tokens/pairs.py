"""The pairs a person is found by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from registry.finding.normalising import Word, own_readings, skeleton, words
from registry.finding.tokens.forms import Kind, value

# More words than these add pairs and hardly any chance to be found.
_MOST_NAMES = 8
_MOST_PLACES = 6

Pair = tuple[bytes, bytes]


@dataclass(frozen=True)
class PersonText:
    """What is known of a person, opened: as much as finding looks at."""

    given_names: str
    family_names: str
    alias: str = ""
    place: str = ""
    birth_year: int | None = None


def names_of(text: str) -> list[Word]:
    """Return the words of a name that count: without "de" and "al", unless there is no other."""
    found = words(text)
    return [each for each in found if not each.is_particle] or found


def _beside(text: str) -> list[Word]:
    """Return the words of a text that stands beside others.

    By itself an unparted Korean name would be parted after the family name.
    """
    found = words(f"x {text}")[1:]
    return [each for each in found if not each.is_particle] or found


def places_of(text: str) -> list[Word]:
    """Return the words of a place, without numbers."""
    return [each for each in words(f"x {text}")[1:] if each.plain.isalpha()]


def _sounds(name: Word) -> list[str]:
    return [name.skeleton, *(skeleton(form) for form in own_readings(name.surface))]


def pairs_of(person: PersonText, post_ids: Iterable[int]) -> list[Pair]:
    """Return the pairs of a person, each once: never one word by itself.

    Every two words of the names in four forms, and each word of the family name with place,
    post and birth year.
    """
    given, family = person.given_names, person.family_names
    names = [*names_of(f"{given} {family}"), *names_of(person.alias)]
    called = _beside(family) if given else names_of(family or person.alias)
    found: dict[Pair, None] = {}
    for first, second in combinations(names[:_MOST_NAMES], 2):
        for pair in _name_pairs(first, second):
            found[pair] = None
    for name in called[:_MOST_NAMES]:
        for pair in _attribute_pairs(name, person, post_ids):
            found[pair] = None
    return list(found)


def _name_pairs(first: Word, second: Word) -> Iterable[Pair]:
    folds = value(Kind.FOLDED, first.folded), value(Kind.FOLDED, second.folded)
    yield _ordered(*folds)
    for sound in _sounds(first):
        yield _ordered(value(Kind.SKELETON, sound), folds[1])
        for other in _sounds(second):
            yield _ordered(value(Kind.SKELETON, sound), value(Kind.SKELETON, other))
    for other in _sounds(second):
        yield _ordered(folds[0], value(Kind.SKELETON, other))


def _attribute_pairs(name: Word, person: PersonText, post_ids: Iterable[int]) -> Iterable[Pair]:
    folded = value(Kind.FOLDED, name.folded)
    sounds = [value(Kind.SKELETON, sound) for sound in _sounds(name)]
    for place in places_of(person.place)[:_MOST_PLACES]:
        yield folded, value(Kind.PLACE, place.folded)
        for sound in sounds:
            yield sound, value(Kind.PLACE_SKELETON, place.skeleton)
    attributes = [value(Kind.POST, str(post)) for post in post_ids]
    for attribute in attributes:
        yield folded, attribute
    if person.birth_year is not None:
        attributes.append(value(Kind.YEAR, str(person.birth_year)))
    for attribute in attributes:
        for sound in sounds:
            yield sound, attribute


def _ordered(first: bytes, second: bytes) -> Pair:
    return (first, second) if first < second else (second, first)
