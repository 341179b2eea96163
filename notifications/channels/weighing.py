"""How much traffic a provider deserves: its agreed share, less while it does badly.

Weight is taken away in steps and given back slowly, so that traffic neither swings from one
provider to the other nor comes back in one blow to one that has only just recovered.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from notifications.channels.protocol import Outcome

_STEP = 0.1
_LEAST = 0.01
_BETWEEN_LOSSES = 60.0
_QUIET_BEFORE_GAIN = 900.0
_BETWEEN_GAINS = 300.0
_REMEMBERED = 100
_ENOUGH = 20
_BAD_SHARE = 0.2
_SLOW_SECONDS = 5.0
_CLOSED_SECONDS = 30.0
# What a provider is to blame for; a wrong number is not its fault.
_FAILURES = frozenset({Outcome.UNKNOWN, Outcome.SENDER_REFUSED, Outcome.DEFERRED})


class Scale:
    """The weight of one provider in this process; the clock counts seconds."""

    def __init__(self, rest: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rest = float(rest)
        self._weight = self._rest
        self._clock = clock
        self._recent: deque[tuple[bool, float]] = deque(maxlen=_REMEMBERED)
        self._closed_until = 0.0
        self._lost_at = -_BETWEEN_LOSSES
        self._trouble_at = 0.0
        self._gained_at = 0.0

    @property
    def weight(self) -> float:
        """The present weight; something is left, or nobody would notice a recovery."""
        self._tend_back()
        return self._weight

    @property
    def closed_for(self) -> float:
        """Seconds until it may be tried again; 0 when it is open."""
        return max(0.0, self._closed_until - self._clock())

    def note(self, outcome: Outcome, seconds: float) -> None:
        """Remember one outcome and how long it took."""
        if outcome in (Outcome.REFUSED, Outcome.MESSAGE_REFUSED):
            return
        self._recent.append((outcome in _FAILURES, seconds))
        if len(self._recent) < _ENOUGH:
            return
        bad = sum(failed or took > _SLOW_SECONDS for failed, took in self._recent)
        if bad > _BAD_SHARE * len(self._recent):
            self._lose()

    def close(self, seconds: float | None) -> None:
        """The way out is shut: leave it alone for so long."""
        self._closed_until = self._clock() + (seconds or _CLOSED_SECONDS)
        self._lose()

    def _lose(self) -> None:
        now = self._clock()
        self._trouble_at = now
        if now - self._lost_at < _BETWEEN_LOSSES:
            return
        self._lost_at = now
        self._weight = max(self._rest * _LEAST, self._weight - self._rest * _STEP)
        self._recent.clear()

    def _tend_back(self) -> None:
        now = self._clock()
        start = max(self._trouble_at + _QUIET_BEFORE_GAIN, self._gained_at)
        while self._weight < self._rest and now >= start:
            self._weight = min(self._rest, self._weight + self._rest * _STEP)
            start += _BETWEEN_GAINS
            self._gained_at = start
