"""How fast a route is used: no faster than agreed, and slower for a while when told so.

Additive increase, multiplicative decrease, as TCP does: a provider's real limit is found
without knowing it, and several workers that share it come to share it fairly.
"""

from __future__ import annotations

import time

_SLOWEST = 1.0
# Parts per second regained each second: a share of what was agreed, or a plain number.
_REGAINED_SHARE = 0.05
_REGAINED = 50.0
_FASTEST_UNAGREED = 100_000.0
_LONGEST_PAUSE = 1.0
_BURST_SECONDS = 0.1


class Pace:
    """A bucket of parts per second; `agreed` 0 means the provider named no limit."""

    def __init__(self, agreed: float = 0.0) -> None:
        self._agreed = agreed or _FASTEST_UNAGREED
        self._is_limited = agreed > 0
        self._gain = agreed * _REGAINED_SHARE or _REGAINED
        self._rate = self._agreed
        self._tokens = 1.0
        self._at = time.monotonic()
        self._paused_until = 0.0
        self._sent_since_slowing = 0
        self._slowed_at = self._at
        self._pause = 0.0

    @property
    def rate(self) -> float:
        """Parts a second at present."""
        return self._rate

    def delay(self) -> float:
        """Return for how many seconds nothing should be written; 0 when it may go on."""
        if not self._is_limited:
            return 0.0
        now = time.monotonic()
        if now < self._paused_until:
            return self._paused_until - now
        passed = now - self._at
        self._at = now
        self._rate = min(self._agreed, self._rate + passed * self._gain)
        self._tokens = min(
            max(1.0, self._rate * _BURST_SECONDS), self._tokens + passed * self._rate
        )
        return max(0.0, (1.0 - self._tokens) / self._rate)

    def spend(self, parts: int) -> None:
        """Count what was written; a message of several parts may run into debt."""
        self._sent_since_slowing += parts
        if self._is_limited:
            self._tokens -= parts

    def slow_down(self) -> None:
        """The provider said "too fast": half the rate, after a short pause."""
        now = time.monotonic()
        if now < self._paused_until:
            # Answers to one and the same burst.
            return
        if not self._is_limited:
            # Nobody named a limit, so what really went through is the first guess.
            passed = max(now - self._slowed_at, 0.05)
            self._rate = max(_SLOWEST, self._sent_since_slowing / passed)
            self._is_limited = True
        self._rate = max(_SLOWEST, self._rate / 2)
        self._pause = min(_LONGEST_PAUSE, max(0.05, self._pause * 2))
        self._paused_until = now + self._pause
        self._at = self._paused_until
        self._tokens = 1.0
        self._sent_since_slowing = 0
        self._slowed_at = now

    def went_through(self) -> None:
        """The provider took a part again."""
        self._pause = 0.0
