"""Asking the finders which stays lie in a shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

from geography.shapes import Shape
from registry.finding.engine import FinderUnavailable
from registry.finding.points import FoundStays
from registry.finding.points_engine import FoundStay

# A large shape takes longer than a finder waits for; what it found is kept for the next try.
_TRIES: Final = 5


class Answering(Protocol):
    """The finders of an installation: each question goes to one of every group."""

    def answers(
        self, message: dict[str, Any], post_ids: Sequence[int] | None
    ) -> list[dict[str, Any]]:
        """Return one answer from each group. Raises FinderUnavailable."""

    def followed_until(self) -> int:
        """Return before which transaction every finder knows everything."""


class FinderPoints:
    """The point engine in memory, asked over its sockets; for one audience at a time."""

    def __init__(self, finders: Answering) -> None:
        self._finders = finders
        self._since = 0

    def known_until(self) -> int:
        """See PointEngine."""
        self._since = self._finders.followed_until()
        return self._since

    def stays_in(self, shape: Shape) -> Iterator[FoundStay]:
        """See PointEngine. A stay that two groups hold comes twice."""
        data, after = shape.as_data(), b""
        while True:
            pages = self._pages({"do": "stays-in", "shape": data, "after": after.hex()})
            # As far as every group has told everything.
            ends = [stays.last for stays, has_more in pages if has_more]
            end = min(ends, default=None)
            for stays, _ in pages:
                yield from stays if end is None else stays.until(end)
            if end is None:
                return
            after = end

    def _pages(self, message: dict[str, Any]) -> list[tuple[FoundStays, bool]]:
        tries = 0
        while True:
            tries += 1
            try:
                answers = self._finders.answers(message, None)
                pages = [(FoundStays.opened(one["stays"]), bool(one["more"])) for one in answers]
                # One that was away a moment ago may know less than was promised.
                if min(one["since"] for one in answers) >= self._since:
                    return pages
                raise FinderUnavailable("behind the others")
            except FinderUnavailable:
                if tries == _TRIES:
                    raise
            except (KeyError, TypeError, ValueError):
                raise FinderUnavailable("unexpected answer") from None
