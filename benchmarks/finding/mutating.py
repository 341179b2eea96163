"""What somebody at a desk types when they look for a person: eleven ways to be a little wrong."""

from __future__ import annotations

import random
import string
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

from benchmarks.finding.romanising import any_script, into_script, without_marks
from benchmarks.people import NameWord, Person

_NEIGHBOURS = {
    "CYRILLIC": "абвгдеиклмнопрстуья",
    "GREEK": "αβγδεηικλμνοπρστυω",
    "ARABIC": "ابتجحدرزسصطعفقكلمنهوي",
    "HEBREW": "אבגדהוחטיכלמנסעפקרשת",
    "GEORGIAN": "აბგდევიკლმნორსტუ",
    "ARMENIAN": "աբգդեիկլմնորստ",
}


def _letters_like(word: str) -> str:
    script = unicodedata.name(word[0], "").split(" ")[0]
    return _NEIGHBOURS.get(script, string.ascii_lowercase)


def _can_err(word: str) -> bool:
    script = unicodedata.name(word[0], "").split(" ")[0]
    return len(word) >= 4 and script in {*_NEIGHBOURS, "LATIN"}


def _slip(word: str, rng: random.Random) -> str:
    """Return a word with one letter changed, left out, doubled up or put in, or two swapped."""
    while True:
        at = rng.randrange(len(word))
        kind = rng.randrange(4)
        letter = rng.choice(_letters_like(word))
        if kind == 0:
            slipped = word[:at] + letter + word[at + 1 :]
        elif kind == 1:
            slipped = word[:at] + word[at + 1 :]
        elif kind == 2:
            slipped = word[:at] + letter + word[at:]
        else:
            slipped = word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]
        if slipped.casefold() != word.casefold():
            return slipped


def _err(words: list[str], count: int, rng: random.Random) -> list[str] | None:
    words = list(words)
    for _ in range(count):
        places = [at for at, word in enumerate(words) if _can_err(word)]
        if not places:
            return None
        at = rng.choice(places)
        words[at] = _slip(words[at], rng)
    return words


def _exact(person: Person, rng: random.Random) -> list[str] | None:
    return person.names.split()


def _accentless(person: Person, rng: random.Random) -> list[str] | None:
    bare = without_marks(person.names)
    return bare.split() if bare != person.names else None


def _one_error(person: Person, rng: random.Random) -> list[str] | None:
    return _err(person.names.split(), 1, rng)


def _two_errors(person: Person, rng: random.Random) -> list[str] | None:
    return _err(person.names.split(), 2, rng)


def _swapped(person: Person, rng: random.Random) -> list[str] | None:
    words = person.names.split()
    order = words[:]
    while order == words and len(set(words)) > 1:
        rng.shuffle(order)
    return order if order != words else None


def _swapped_error(person: Person, rng: random.Random) -> list[str] | None:
    words = _swapped(person, rng)
    return words and _err(words, 1, rng)


def _other_spelling(word: NameWord, written: str, rng: random.Random) -> str:
    others = [spelling for spelling in word.latin if spelling != written]
    return rng.choice(others or word.latin)


def _transliterated(person: Person, rng: random.Random) -> list[str] | None:
    parts = (*person.given, *person.family)
    if all(word.native == word.latin[0] for word in parts):
        # Latin at home: written by ear in the letters of the country they are in.
        if rng.random() < 0.8:
            return None
        script = any_script(rng)
        return [into_script(piece, script) for word in parts for piece in word.native.split()]
    if person.is_native:
        return [piece for word in parts for piece in rng.choice(word.latin).split()]
    if rng.random() < 0.5:
        return [piece for word in parts for piece in word.native.split()]
    words = [_other_spelling(word, word.latin[0], rng) for word in parts]
    return words if " ".join(words) != person.names else None


def _transliterated_error(person: Person, rng: random.Random) -> list[str] | None:
    words = _transliterated(person, rng)
    return words and _err(words, 1, rng)


def _shortened(person: Person, rng: random.Random) -> Person | None:
    """Return the person as remembered by somebody who forgot one of three names or more."""
    at, names = rng.randrange(len(person.given + person.family)), len(person.given)
    if len(person.given + person.family) < 3:
        return None
    given = tuple(word for number, word in enumerate(person.given) if number != at)
    family = tuple(word for number, word in enumerate(person.family) if number + names != at)
    return replace(person, given=given, family=family)


def _joined(person: Person, rng: random.Random) -> list[str] | None:
    words = person.names.split()
    if len(words) < 2 or not all(_can_err(word) for word in words):
        return None
    at = rng.randrange(len(words) - 1)
    return [*words[:at], words[at] + words[at + 1].lower(), *words[at + 2 :]]


def _surname_and_place(person: Person, rng: random.Random) -> list[str] | None:
    return [person.family_names, person.city]


KINDS: dict[str, Callable[[Person, random.Random], list[str] | None]] = {
    "exact": _exact,
    "accentless": _accentless,
    "one error": _one_error,
    "two errors": _two_errors,
    "swapped": _swapped,
    "swapped, error": _swapped_error,
    "transliterated": _transliterated,
    "transliterated, error": _transliterated_error,
    "partial": _exact,
    "partial, error": _one_error,
    "joined": _joined,
    "surname and place": _surname_and_place,
}


@dataclass(frozen=True)
class Question:
    """A query of some kind, who is meant by it, and what is remembered of their name."""

    kind: str
    query: str
    target: Person
    remembered: Person


def question_about(person: Person, kind: str, rng: random.Random) -> Question | None:
    """Return a question of this kind about a person; None where it makes no sense for them."""
    remembered = _shortened(person, rng) if kind.startswith("partial") else person
    words = remembered and KINDS[kind](remembered, rng)
    return Question(kind, " ".join(words), person, remembered) if remembered and words else None


def is_meant(found: Person, question: Question) -> bool:
    """Whether a found person is what was asked for: nobody could tell them from the target.

    Two people of one name cannot be told apart by it, and a query says nothing about the
    script of the register: "Moshe Tal" is משה טל. Where a name was forgotten, whoever has all
    the others, in this order, is as good; so is anybody of that family name in that place.
    """
    remembered = question.remembered
    if question.kind == "surname and place":
        return _names(found.family) == _names(remembered.family) and found.city == remembered.city
    if question.kind.startswith("partial"):
        theirs = iter(_names(found.given + found.family))
        return all(word in theirs for word in _names(remembered.given + remembered.family))
    return is_target(found, question)


def is_target(found: Person, question: Question) -> bool:
    """Whether a found person has the target's full name, in whichever script."""
    target = question.target
    return _names(found.given + found.family) == _names(target.given + target.family)


def _names(words: tuple[NameWord, ...]) -> list[str]:
    return [word.native for word in words]
