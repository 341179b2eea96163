"""The pairs a question asks for, in rounds: first what was typed, then what is a slip away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

from registry.finding.asking import Asked
from registry.finding.normalising import Word, readings, skeletons
from registry.finding.tokens.forms import Kind, folds_near, skeletons_near, value

ROUNDS = 3
# How much less a match says that needed a slip, in halvings of the number of people.
_SLIP = 3.0
_TWO_SLIPS = 6.0
_READING = 1.0
_MOST_READINGS = 4
_MOST_POSTS = 40
# From a skeleton this long on, two slips in it leave something to go by.
_SHORTEST_TWICE = 4


@dataclass(frozen=True)
class Asking:
    """Every pair of one of `firsts` and one of `seconds`, and how much less they say.

    `lacks` is in halvings of the number of people, against what was typed.
    """

    firsts: list[bytes]
    seconds: list[bytes]
    lacks: float


def pairs_asked(asked: Asked, post_ids: Sequence[int] | None, turn: int) -> list[Asking]:
    """Return the pairs of one round (0, 1, 2), without those of the rounds before."""
    found = _ROUNDS[turn](asked, post_ids)
    return [asking for asking in found if asking.firsts and asking.seconds]


def _values(kind: bytes, forms: Iterable[str]) -> list[bytes]:
    return [value(kind, form) for form in forms]


def _folded(name: Word) -> list[bytes]:
    return _values(Kind.FOLDED, readings(name.surface)[:_MOST_READINGS])


def _sounding(name: Word) -> list[bytes]:
    return _values(Kind.SKELETON, skeletons(name.surface)[:_MOST_READINGS])


def _folds_near(name: Word) -> list[bytes]:
    return _values(Kind.FOLDED, folds_near(name.folded))


def _sounds_near(name: Word) -> list[bytes]:
    return _values(Kind.SKELETON, skeletons_near(name.skeleton))


def _posts(post_ids: Sequence[int] | None) -> list[bytes]:
    if post_ids is None or len(post_ids) > _MOST_POSTS:
        return []
    return _values(Kind.POST, map(str, post_ids))


def _years(asked: Asked) -> list[bytes]:
    return _values(Kind.YEAR, map(str, asked.years))


def _by_reading(firsts: list[bytes], seconds: list[bytes], lacks: float) -> Iterator[Asking]:
    """Yield pairs of readings, the likeliest of each word before the others."""
    yield Asking(firsts[:1], seconds[:1], lacks)
    yield Asking(firsts[1:], seconds[:1], lacks + _READING)
    yield Asking(firsts[:1], seconds[1:], lacks + _READING)
    yield Asking(firsts[1:], seconds[1:], lacks + 2 * _READING)


def _as_typed(asked: Asked, post_ids: Sequence[int] | None) -> Iterator[Asking]:
    for first, second in combinations(asked.words, 2):
        yield from _two_names(first, second)
    for name, place in permutations(asked.words, 2):
        if place.plain.isalpha():
            folded = [value(Kind.PLACE, place.folded)]
            sound = [value(Kind.PLACE_SKELETON, place.skeleton)]
            yield from _by_reading(_folded(name), folded, 0.0)
            yield from _by_reading(_sounding(name), sound, 1.0)
    for name in asked.words:
        yield Asking(_sounding(name), _years(asked), 0.0)
        yield Asking(_folded(name), _posts(post_ids), 0.0)
        yield Asking(_sounding(name), _posts(post_ids), 1.0)
    yield from _rejoined(asked)


def _two_names(first: Word, second: Word, lacks: float = 0.0) -> Iterator[Asking]:
    folds, others = _folded(first)[:1], _folded(second)[:1]
    sounds, other_sounds = _sounding(first), _sounding(second)
    yield Asking(folds, others, lacks)
    yield from _by_reading(folds, other_sounds, lacks + 0.5)
    yield from _by_reading(sounds, others, lacks + 0.5)
    yield from _by_reading(sounds, other_sounds, lacks + 1.0)


def _rejoined(asked: Asked) -> Iterator[Asking]:
    for at, whole in asked.joined:
        for other in (*asked.words[:at], *asked.words[at + 2 :]):
            yield from _two_names(whole, other, 1.0)
    for at, typed in enumerate(asked.words):
        others = [value(Kind.FOLDED, each.folded) for each in asked.words if each is not typed]
        for first, second in asked.parted(at):
            halves = _values(Kind.FOLDED, (first.folded, second.folded))
            yield Asking(halves[:1], halves[1:], 1.0)
            yield Asking(halves, others, 1.0)


def _one_slip(asked: Asked, post_ids: Sequence[int] | None) -> Iterator[Asking]:
    for name, other in permutations(asked.words, 2):
        folded = [value(Kind.FOLDED, other.folded)]
        yield Asking(_folds_near(name), folded, _SLIP)
        yield Asking(_sounds_near(name), folded, _SLIP + 0.5)
        yield Asking(_sounding(other), _sounds_near(name), _SLIP + 1.0)
        if other.plain.isalpha():
            yield Asking(_folds_near(name), [value(Kind.PLACE, other.folded)], _SLIP)
    for name in asked.words:
        yield Asking(_sounds_near(name), _years(asked), _SLIP)
        if len(asked.words) == 1:
            yield Asking(_folds_near(name), _posts(post_ids), _SLIP)


def _two_slips(asked: Asked, post_ids: Sequence[int] | None) -> Iterator[Asking]:
    # Of three words two slips leave a pair that has one slip at most.
    if len(asked.words) != 2:
        return
    first, second = asked.words
    yield Asking(_sounds_near(first), _sounds_near(second), _TWO_SLIPS)
    for name, other in ((first, second), (second, first)):
        if len(name.skeleton) >= _SHORTEST_TWICE:
            twice = set().union(*map(skeletons_near, skeletons_near(name.skeleton)))
            sounds = _values(Kind.SKELETON, sorted(twice))
            yield Asking(sounds, [value(Kind.FOLDED, other.folded)], _TWO_SLIPS)


_ROUNDS = (_as_typed, _one_slip, _two_slips)
