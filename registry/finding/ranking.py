"""Looking closely at one person: which of their words is which typed word, and how alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from registry.finding.normalising import Word

EXTRA_WORD = 0.02
MOST_EXTRA = 0.08
WRONG_ORDER = 0.005
_REJOINED = 0.01


class Reason(StrEnum):
    """Why somebody was found."""

    EXACT = "exact"
    ORDER = "order"
    SPELLING = "spelling"
    TRANSLITERATION = "transliteration"
    JOINED = "joined"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Held:
    """A word of a registered person.

    `surface` is its number; `is_extra` if it counts against them when it was not asked for.
    """

    surface: int
    is_place: bool
    is_extra: bool


class Wanted(Protocol):
    """A typed word, as far as ranking needs to know it."""

    asked: Word
    weight: float

    def alike_to(self, held: Held) -> float:
        """How alike a registered word is; 0 when it is not."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How well a person fits (0 to 1), and which of their words was which typed word."""

    score: float
    pairs: tuple[tuple[Wanted, Held], ...]
    is_complete: bool
    is_in_order: bool
    is_rejoined: bool = False

    def rejoined(self) -> Verdict:
        """Return the same for words that had to be joined or parted."""
        score = max(self.score - _REJOINED, 0.0)
        return replace(self, score=score, is_rejoined=True)


def judge(wanted: Sequence[Wanted], held: Sequence[Held]) -> Verdict:
    """Return how well a person's words fit what was typed, each word used once."""
    pairs = []
    for mine, typed in enumerate(wanted):
        for theirs, known in enumerate(held):
            value = typed.alike_to(known)
            if value:
                pairs.append((value, -abs(mine - theirs), mine, theirs))
    pairs.sort(reverse=True)
    chosen: dict[int, int] = {}
    taken: set[int] = set()
    score = 0.0
    for value, _, mine, theirs in pairs:
        if mine not in chosen and theirs not in taken:
            chosen[mine] = theirs
            taken.add(theirs)
            score += wanted[mine].weight * value
    score /= sum(typed.weight for typed in wanted)
    extra = sum(known.is_extra for at, known in enumerate(held) if at not in taken)
    order = [chosen[mine] for mine in sorted(chosen)]
    is_in_order = order == sorted(order)
    score -= min(EXTRA_WORD * extra, MOST_EXTRA) + (0 if is_in_order else WRONG_ORDER)
    return Verdict(
        max(score, 0.0),
        tuple((wanted[mine], held[theirs]) for mine, theirs in chosen.items()),
        len(chosen) == len(wanted) and not extra,
        is_in_order,
    )


def reason_for(verdict: Verdict, words: Sequence[Word]) -> Reason:
    """Name why somebody was found. `words` are the registered ones of the verdict's pairs."""
    if verdict.is_rejoined:
        return Reason.JOINED
    pairs = [(wanted.asked, held) for (wanted, _), held in zip(verdict.pairs, words, strict=True)]
    if all(typed.surface == held.surface for typed, held in pairs):
        if not verdict.is_complete:
            return Reason.PARTIAL
        return Reason.EXACT if verdict.is_in_order else Reason.ORDER
    if any(typed.script != held.script for typed, held in pairs):
        return Reason.TRANSLITERATION
    return Reason.SPELLING
