"""Answering for the points of the finder, some thousands of stays at a time.

A page begins after a stay's id, so that any finder with the same people can give the next one;
the answer to a question is kept for a while only to save work.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, Final

from geography.drawing import shape_from_data
from registry.finding.points import FoundStays, PointIndex

PAGE: Final = 8000
_KEPT_SECONDS: Final = 60.0
_MOST_KEPT: Final = 4


class PointAnswers:
    """Pages of answers from an index; `known_until` is what the index knew at the question."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, int, FoundStays]] = {}

    def page(
        self, index: PointIndex, known_until: int, message: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return {"stays", "more", "since"}. Raises KeyError, TypeError or ValueError."""
        after = bytes.fromhex(message["after"])
        if len(after) not in (0, 16):
            raise ValueError
        since, found = self._found(index, known_until, message["shape"], is_first=not after)
        page = found.after(after, PAGE + 1)
        return {
            "stays": FoundStays(page.ids[:PAGE], page.parts[:PAGE]).packed(),
            "more": len(page) > PAGE,
            "since": since,
        }

    def forget(self) -> None:
        """Drop answers that nobody came back for."""
        now = time.monotonic()
        self._kept = {key: one for key, one in self._kept.items() if one[0] > now}

    def _found(
        self, index: PointIndex, known_until: int, data: object, *, is_first: bool
    ) -> tuple[int, FoundStays]:
        self.forget()
        key = json.dumps(data)
        kept = self._kept.get(key)
        if kept is not None and not is_first:
            return kept[1:]
        found = index.stays_in(shape_from_data(data))
        if len(found) > PAGE:
            while len(self._kept) >= _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = (time.monotonic() + _KEPT_SECONDS, known_until, found)
        return known_until, found
