"""What somebody typed into the name field, taken apart."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from registry.finding.normalising import Word, words

_FIRST_YEAR, _LAST_YEAR = 1900, 2100
# More words than this say nothing more, and work grows with them.
MOST_WORDS = 6
_SHORTEST_HALF = 2


@dataclass(frozen=True)
class Asked:
    """The words to look for, and a birth year when one was typed with them.

    `minor` words ("de", "al", "Le") only tip the balance: they may be names, or nothing.
    """

    words: list[Word]
    minor: list[Word]
    years: frozenset[int]

    @property
    def joined(self) -> list[tuple[int, Word]]:
        """Neighbouring words written as one, each with the position of its first."""
        pairs = []
        for at, (first, second) in enumerate(pairwise(self.words)):
            whole = words(f"x {first.surface}{second.surface}")[1:]
            if first.script == second.script and len(whole) == 1:
                pairs.append((at, whole[0]))
        return pairs

    def parted(self, at: int) -> list[tuple[Word, Word]]:
        """The ways to read one typed word as two words run together."""
        surface = self.words[at].surface
        cuts = range(_SHORTEST_HALF, len(surface) - _SHORTEST_HALF + 1)
        if not surface.isalpha() and surface.isascii():
            return []
        halves = (words(f"x {surface[:cut]} {surface[cut:]}")[1:] for cut in cuts)
        return [(pair[0], pair[1]) for pair in halves if len(pair) == 2]


def asked_for(query: str) -> Asked:
    """Take a query apart: names and places, without the small words between them."""
    found = words(query)
    years = frozenset(
        int(typed.plain)
        for typed in found
        if len(typed.plain) == 4
        and typed.plain.isdecimal()
        and _FIRST_YEAR <= int(typed.plain) <= _LAST_YEAR
    )
    named = [typed for typed in found if not (typed.plain.isdecimal() and len(typed.plain) == 4)]
    found = named or found
    major = [typed for typed in found if not typed.is_particle]
    minor = [typed for typed in found if typed.is_particle] if major else []
    return Asked((major or found)[:MOST_WORDS], minor[:MOST_WORDS], years)
