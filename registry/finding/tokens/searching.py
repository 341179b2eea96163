"""From a question to people: tokens find who may be meant, their real names say who is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
_LEAST_SCORE = 0.45
_FITS_PERFECTLY = 0.985
_LEAST_WORTH = 0.05


@dataclass(frozen=True)
class _Round:
    """How much one round may cost, and when nothing more is looked for.

    `tokens`: asked for at most; `people`: opened at most, a `page` at a time; `close`: how
    alike each word of somebody must be to make further pages and rounds unnecessary.
    """

    tokens: int
    people: int
    page: int
    close: float


# First what was typed, then what is one slip away, then two.
_ROUNDS = (
    _Round(tokens=3_000, people=120, page=30, close=0.86),
    _Round(tokens=4_000, people=120, page=40, close=0.75),
    _Round(tokens=8_000, people=MOST_OPENED, page=60, close=0.75),
)

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
        for turn, limits in enumerate(_ROUNDS):
            found = self._candidates(asked, post_ids, turn, limits.tokens, seen)
            room = min(limits.people, MOST_OPENED - len(seen))
            is_found = False
            for at in range(0, min(room, len(found)), limits.page):
                chosen = found[at : min(at + limits.page, room)]
                seen.update(chosen)
                close = 0
                for person_id, person in self._opener(chosen).items():
                    looked = looking.judge(person)
                    close += looked.closeness >= limits.close
                    if looked.score >= _LEAST_SCORE:
                        judged.append((-looked.score, person_id, looked.reason))
                is_found = is_found or close > 0
                # Whoever has more in common with the question came on an earlier page.
                if is_found and not close:
                    break
                if sum(minus <= -_FITS_PERFECTLY for minus, _, _ in judged) >= limit:
                    break
            if is_found:
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
