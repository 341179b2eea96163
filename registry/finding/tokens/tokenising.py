"""From a person to the tokens that are stored of them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from secrets import token_bytes

from encryption.pair_tokens import PairTokens
from registry.finding.tokens.counts import Counts
from registry.finding.tokens.pairs import PersonText, pairs_of

# People have tokens by the dozen, so that their number says two names or more and no more.
PADDED_TO = 12


class Tokeniser:
    """Makes tokens, each once, and counts who holds what."""

    def __init__(self, tokens: PairTokens, counts: Counts) -> None:
        self._tokens = tokens
        self._counts = counts

    def tokens_of(
        self, people: Iterable[tuple[PersonText, Iterable[int]]]
    ) -> list[tuple[array[int], array[int]]]:
        """Return (tokens, places counted) of people who are added with the posts they are under.

        The tokens are sorted, which says nothing, and filled up with random ones. All people
        go through the cipher at once: one by one it would be set up anew thirty times as often.
        """
        pairs = [pairs_of(text, post_ids) for text, post_ids in people]
        plain = list({half for theirs in pairs for pair in theirs for half in pair})
        secret = dict(zip(plain, self._tokens.values(plain), strict=True))
        keys = self._tokens.keys(
            [(secret[first], secret[second]) for theirs in pairs for first, second in theirs]
        )
        places = keys.places()
        made = self._tokens.tokens(list(zip(keys, self._counts.take(places), strict=True)))
        found, at = [], 0
        for theirs in pairs:
            own = slice(at, at + len(theirs))
            found.append((_filled_up(made[own]), places[own]))
            at += len(theirs)
        return found


def _filled_up(tokens: array[int]) -> array[int]:
    tokens.frombytes(token_bytes(tokens.itemsize * (-len(tokens) % PADDED_TO)))
    return array("i", sorted(tokens))
