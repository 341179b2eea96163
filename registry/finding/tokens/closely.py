"""Looking closely at the people whose tokens matched, at what they are really called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from registry.finding.asking import Asked
from registry.finding.matching import similarity
from registry.finding.normalising import Word, is_particle, surfaces, word
from registry.finding.ranking import Held, Verdict, Wanted, judge, reason_for
from registry.finding.tokens.pairs import PersonText

_MOST_PLACE_WORDS = 8
_LEAST_ALIKE = 0.4
_PLACE_VALUE = 0.92
_PLACE_LEAST = 0.85
_MINOR_WEIGHT = 0.08
_YEAR_VALUE = 0.03


class _Typed:
    """A typed word, compared with registered words one by one."""

    def __init__(self, asked: Word, weight: float, held: Sequence[Word]) -> None:
        self.asked = asked
        self.weight = weight
        self._held = held

    def alike_to(self, held: Held) -> float:
        """Return how alike a registered word is; 0 when it is not."""
        alike = _alike(self.asked, self._held[held.surface])
        if held.is_place:
            return alike * _PLACE_VALUE if alike >= _PLACE_LEAST else 0.0
        return alike if alike >= _LEAST_ALIKE else 0.0


class _Whole:
    """A typed word that two words of a person make up together."""

    def __init__(self, asked: Word, weight: float, halves: tuple[int, int]) -> None:
        self.asked = asked
        self.weight = weight
        self._halves = halves

    def alike_to(self, held: Held) -> float:
        """Return 1 for either half."""
        return 1.0 if held.surface in self._halves else 0.0


@lru_cache(maxsize=16_384)
def _alike(asked: Word, held: Word) -> float:
    return similarity(asked, held)


def forget() -> None:
    """Drop the words that are remembered to save work."""
    _alike.cache_clear()


@dataclass(frozen=True, slots=True)
class Judged:
    """How well a person fits (0 to 1), why (a code of `Reason`), and the least alike word.

    `closeness` is 0 where a typed word is none of theirs.
    """

    score: float
    closeness: float
    reason: str


class Looking:
    """One question, put to one person after the other."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._has_numbers = not all(each.plain.isalpha() for each in asked.words)
        self._parted = [
            (at, first, second)
            for at in range(len(asked.words))
            for first, second in asked.parted(at)
        ]

    def judge(self, person: PersonText) -> Judged:
        """Look at one person."""
        words, held = _held(person, has_numbers=self._has_numbers)
        asked = self._asked
        typed: list[Wanted] = [_Typed(each, 1.0, words) for each in asked.words]
        minor: list[Wanted] = [_Typed(each, _MINOR_WEIGHT, words) for each in asked.minor]
        best = judge([*typed, *minor], held)
        for wanted, theirs in self._other_ways(typed, words, held):
            other = judge([*wanted, *minor], theirs).rejoined()
            if other.score > best.score:
                best = other
        reason = reason_for(best, [words[theirs.surface] for _, theirs in best.pairs])
        return Judged(self._with_year(best, person), self._closeness(best), str(reason))

    def _closeness(self, verdict: Verdict) -> float:
        if verdict.is_rejoined:
            return 1.0
        alike = [
            wanted.alike_to(held) / (_PLACE_VALUE if held.is_place else 1.0)
            for wanted, held in verdict.pairs
            if wanted.weight != _MINOR_WEIGHT
        ]
        return min(alike) if len(alike) == len(self._asked.words) else 0.0

    def _other_ways(
        self, typed: list[Wanted], words: list[Word], held: list[Held]
    ) -> Iterator[tuple[list[Wanted], list[Held]]]:
        for at, whole in self._asked.joined:
            if any(each.folded == whole.folded for each in words):
                yield [*typed[:at], _Typed(whole, 2.0, words), *typed[at + 2 :]], held
        folds = {each.folded: at for at, each in reversed(list(enumerate(words)))}
        for at, first, second in self._parted:
            halves = folds.get(first.folded), folds.get(second.folded)
            if halves[0] is None or halves[1] is None or halves[0] == halves[1]:
                continue
            whole_word = _Whole(self._asked.words[at], 1.0, (halves[0], halves[1]))
            rest = [known for known in held if known.surface != halves[1]]
            yield [*typed[:at], whole_word, *typed[at + 1 :]], rest

    def _with_year(self, verdict: Verdict, person: PersonText) -> float:
        score = verdict.score
        if self._asked.years and person.birth_year:
            score += _YEAR_VALUE if person.birth_year in self._asked.years else -_YEAR_VALUE
        return min(max(score, 0.0), 1.0)


def _held(person: PersonText, *, has_numbers: bool) -> tuple[list[Word], list[Held]]:
    """Return a person's words, and what each is to them; `surface` is the place in the list."""
    texts: list[tuple[str, bool, bool]] = []
    names = [*surfaces(person.given_names + " " + person.family_names)]
    is_all_small = all(map(is_particle, [*names, *surfaces(person.alias)]))
    texts += [(text, False, is_all_small or not is_particle(text)) for text in names]
    texts += [(text, False, False) for text in surfaces(person.alias)]
    places = [text for text in surfaces(person.place) if not is_particle(text)]
    texts += [
        (text, True, False)
        for text in places[:_MOST_PLACE_WORDS]
        if has_numbers or not text.isdecimal()
    ]
    known = [(word(text), is_place, is_extra) for text, is_place, is_extra in texts]
    known = [each for each in known if each[0].plain]
    held = [Held(at, is_place, is_extra) for at, (_, is_place, is_extra) in enumerate(known)]
    return [each for each, _, _ in known], held
