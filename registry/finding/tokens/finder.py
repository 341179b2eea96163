"""Names found by tokens in SQL, behind the same interface as the finder in memory."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import Error

from encryption.keyring import SealError
from registry.finding.engine import FinderUnavailable, Match
from registry.finding.tokens.keeping import answering
from registry.finding.tokens.knowing import known_counts, side_of, tokens_of
from registry.finding.tokens.reading import texts_of
from registry.finding.tokens.searching import TokenSearch
from registry.models import TokenBuild


class TokenFinder:
    """Asks the side that answers."""

    def search_names(self, query: str, post_ids: Sequence[int] | None, limit: int) -> list[Match]:
        """Return who may be meant, the likest first, among the people of these posts.

        Opens at most 300 people, with one query of keys for each page of them. Raises
        FinderUnavailable while no side is whole: after a crash, on a replica.
        """
        try:
            build = answering()
            if build is None:
                raise FinderUnavailable("no side of tokens is whole")
            with known_counts.of(build) as known:
                counts = known.counts
            people = build.people_expected
            search = TokenSearch(side_of(build), tokens_of(build), counts, people, texts_of)
            return search.search(query, post_ids, limit)
        except TokenBuild.DoesNotExist:
            raise FinderUnavailable("the side was emptied") from None
        except (Error, SealError) as error:
            raise FinderUnavailable(type(error).__name__) from None

    def is_ready(self) -> bool:
        """Whether a side is whole."""
        try:
            return answering() is not None
        except Error:
            return False
