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
        self, person: PersonText, post_ids: Iterable[int]
    ) -> tuple[array[int], array[int]]:
        """Return (tokens, places counted) of one person who is added.

        The tokens are sorted, which says nothing, and filled up with random ones.
        """
        pairs = pairs_of(person, post_ids)
        plain = list(dict.fromkeys(half for pair in pairs for half in pair))
        secret = dict(zip(plain, self._tokens.values(plain), strict=True))
        keys = self._tokens.keys([(secret[first], secret[second]) for first, second in pairs])
        places = keys.places()
        numbers = self._counts.take(places)
        tokens = self._tokens.tokens(list(zip(keys, numbers, strict=True)))
        tokens.frombytes(token_bytes(tokens.itemsize * (-len(tokens) % PADDED_TO)))
        return array("i", sorted(tokens)), places
