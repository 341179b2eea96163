"""When single bad outcomes add up to a bad route."""

from __future__ import annotations

from collections import deque

from notifications.channels.protocol import Outcome, RouteUnavailable

_REMEMBERED = 50
_TOO_MANY_SENDER_REFUSED = 10
_TOO_MANY_UNKNOWN = 3
_PAUSE_SECONDS = 60.0


class RouteHealth:
    """Closes a route that refuses us, or that keeps losing its answers.

    Without this a provider that blocks us would fail every person of a broadcast one by one.
    """

    def __init__(self, scheme: str) -> None:
        self._scheme = scheme
        self._recent: deque[bool] = deque(maxlen=_REMEMBERED)
        self._unknown_in_a_row = 0

    def note(self, outcome: Outcome) -> None:
        """Remember one outcome."""
        self._recent.append(outcome is Outcome.SENDER_REFUSED)
        self._unknown_in_a_row = self._unknown_in_a_row + 1 if outcome is Outcome.UNKNOWN else 0

    def check(self) -> None:
        """Raise RouteUnavailable when no further message should be risked; then start afresh."""
        refused = sum(self._recent)
        if refused >= _TOO_MANY_SENDER_REFUSED:
            reason = "sender-refused"
        elif self._unknown_in_a_row >= _TOO_MANY_UNKNOWN:
            reason = "answers-lost"
        else:
            return
        self._recent.clear()
        self._unknown_in_a_row = 0
        raise RouteUnavailable(f"{self._scheme}-{reason}", retry_after=_PAUSE_SECONDS)
