"""What every way of finding names promises, whichever is installed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


class FinderUnavailable(Exception):
    """Names cannot be looked for now. Exact values (phone, e-mail, passport) still can."""


@dataclass(frozen=True, slots=True)
class Match:
    """Somebody found: who, how well they fit (0 to 1), and why (a code of `Reason`)."""

    person_id: UUID
    score: float
    reason: str


class FindingEngine(Protocol):
    """Looks for people by name."""

    def search_names(self, query: str, post_ids: Sequence[int] | None, limit: int) -> list[Match]:
        """Return who may be meant, the likest first, among the people of these posts.

        None as posts means everybody. Raises FinderUnavailable.
        """
