"""Asking the finders which stays lie in a shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

import numpy as np

from geography.shapes import Shape
from registry.finding.engine import FinderUnavailable
from registry.finding.points import FoundStays
from registry.finding.points_engine import FoundStay

# A large shape takes longer than a finder waits for; what it found is kept for the next try.
_TRIES: Final = 5


class Asked(Protocol):
    """One question to every group of finders."""

    def answers(
        self, message: dict[str, Any], post_ids: Sequence[int] | None
    ) -> list[dict[str, Any]]:
        """Return one answer from each group. Raises FinderUnavailable."""

    def followed_until(self) -> int:
        """Return before which transaction every finder knows everything."""


class FinderPoints:
    """The point engine in memory, asked over its sockets."""

    def __init__(self, finders: Asked) -> None:
        self._finders = finders

    def known_until(self) -> int:
        """See PointEngine."""
        return self._finders.followed_until()

    def stays_in(self, shape: Shape) -> Iterator[FoundStay]:
        """See PointEngine. A stay that two groups hold comes twice."""
        data, after = shape.as_data(), b""
        while True:
            pages = self._pages({"do": "stays-in", "shape": data, "after": after.hex()})
            # As far as every group has told everything.
            ends = [stays.ids[-1].tobytes() for stays, more in pages if more]
            end = min(ends, default=None)
            for stays, _ in pages:
                told = stays if end is None else FoundStays(*_until(stays, end))
                yield from told
            if end is None:
                return
            after = end

    def _pages(self, message: dict[str, Any]) -> list[tuple[FoundStays, bool]]:
        for tries_left in reversed(range(_TRIES)):
            try:
                answers = self._finders.answers(message, None)
            except FinderUnavailable:
                if not tries_left:
                    raise
                continue
            try:
                return [(FoundStays.opened(one["stays"]), bool(one["more"])) for one in answers]
            except (KeyError, TypeError, ValueError):
                raise FinderUnavailable("unexpected answer") from None
        raise FinderUnavailable("no answer")


def _until(stays: FoundStays, end: bytes) -> tuple[Any, Any]:
    count = int(np.searchsorted([one.tobytes() for one in stays.ids], end, "right"))
    return stays.ids[:count], stays.parts[:count]
