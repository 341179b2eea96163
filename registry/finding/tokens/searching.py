"""From a question to people: tokens find who may be meant, their real names say who is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import log2
from uuid import UUID

from encryption.pair_tokens import PairKeys, PairTokens
from registry.finding.asking import Asked, asked_for
from registry.finding.engine import Match
from registry.finding.tokens.closely import Looking
from registry.finding.tokens.counts import Counts
from registry.finding.tokens.pairs import PersonText
from registry.finding.tokens.questions import Asking, pairs_asked
from registry.finding.tokens.sides import Side

# Never more people are opened for one question.
MOST_OPENED = 300
# (tokens asked for at most, people opened at most, in a page): first what was typed, then what
# is one slip away, then two.
_ROUNDS = ((2_000, 120, 30), (3_000, 100, 50), (8_000, MOST_OPENED, 80))
_LEAST_SCORE = 0.45
# With somebody who fits so well nothing else is looked for, or no more people are opened.
_FITS = 0.9
_FITS_PERFECTLY = 0.985
_LEAST_WORTH = 0.05

Opener = Callable[[Sequence[UUID]], Mapping[UUID, PersonText]]


class TokenSearch:
    """Questions to one side."""

    def __init__(
        self, side: Side, tokens: PairTokens, counts: Counts, people: int, opener: Opener
    ) -> None:
        self._side = side
        self._tokens = tokens
        self._counts = counts
        self._people = people
        self._opener = opener

    def search(self, query: str, post_ids: Sequence[int] | None, limit: int) -> list[Match]:
        """Return who may be meant, the likest first, among the people of these posts."""
        asked = asked_for(query)
        looking = Looking(asked)
        seen: set[UUID] = set()
        judged: list[tuple[float, UUID, str]] = []
        for turn, (most_tokens, most_people, page) in enumerate(_ROUNDS):
            found = self._candidates(asked, post_ids, turn, most_tokens, seen)
            room = min(most_people, MOST_OPENED - len(seen))
            for at in range(0, min(room, len(found)), page):
                chosen = found[at : min(at + page, room)]
                seen.update(chosen)
                fitting = 0
                for person_id, person in self._opener(chosen).items():
                    score, reason = looking.judge(person)
                    fitting += score >= _FITS
                    if score >= _LEAST_SCORE:
                        judged.append((-score, person_id, reason))
                if not fitting and judged and min(judged)[0] <= -_FITS:
                    break
                if sum(minus <= -_FITS_PERFECTLY for minus, _, _ in judged) >= limit:
                    break
            if judged and min(judged)[0] <= -_FITS:
                break
        judged.sort()
        return [Match(person_id, -minus, reason) for minus, person_id, reason in judged[:limit]]

    def _candidates(
        self,
        asked: Asked,
        post_ids: Sequence[int] | None,
        turn: int,
        most_tokens: int,
        seen: set[UUID],
    ) -> list[UUID]:
        asking = pairs_asked(asked, post_ids, turn)
        numbered, worths = self._numbered(asking, most_tokens)
        if not numbered:
            return []
        tokens = self._tokens.tokens(numbered)
        most = MOST_OPENED + len(seen)
        found = self._side.matching(tokens, worths, post_ids, most)
        return [person_id for person_id, _ in found if person_id not in seen]

    def _numbered(
        self, asking: Sequence[Asking], most: int
    ) -> tuple[list[tuple[bytes, int]], list[float]]:
        """Return (key, number) for every token to ask for, with what a match is worth.

        Pairs that nobody has cost nothing; rare ones come first.
        """
        best: dict[bytes, tuple[float, int]] = {}
        worth_of: dict[int, float] = {}
        for lacks, keys in self._keys(asking):
            for at, count in enumerate(self._counts.of(keys.places())):
                if not count:
                    continue
                if count not in worth_of:
                    worth_of[count] = log2((self._people + 2) / (count + 1))
                worth, key = max(worth_of[count] - lacks, _LEAST_WORTH), keys.at(at)
                if key not in best or best[key][0] < worth:
                    best[key] = worth, count
        numbered: list[tuple[bytes, int]] = []
        worths: list[float] = []
        for key, (worth, count) in sorted(best.items(), key=lambda item: -item[1][0]):
            upto = min(count, most - len(numbered))
            numbered += [(key, number) for number in range(upto)]
            worths += [worth] * upto
            if len(numbered) >= most:
                break
        return numbered, worths

    def _keys(self, asking: Sequence[Asking]) -> Iterator[tuple[float, PairKeys]]:
        plain = list(
            dict.fromkeys(half for each in asking for half in (*each.firsts, *each.seconds))
        )
        secret = dict(zip(plain, self._tokens.values(plain), strict=True))
        for each in asking:
            firsts = [secret[half] for half in each.firsts]
            seconds = [secret[half] for half in each.seconds]
            yield (
                each.lacks,
                self._tokens.keys([(first, second) for first in firsts for second in seconds]),
            )
