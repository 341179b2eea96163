"""Several SMS providers as one way out: by number, by weight, past those that are closed.

Messages go in runs, each run to one provider, so that a provider's own window stays full. A
provider that closes in the middle of a run has sent nothing for what it did not answer; those
messages go to the next.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from notifications.channels.protocol import (
    Channel,
    HandedOver,
    KeptRoute,
    Outcome,
    OutgoingSms,
    RouteUnavailable,
)
from notifications.channels.weighing import Scale

_RUN = 50
_CLOSED = "sms-no-provider-open"


@dataclass(frozen=True, slots=True)
class Member:
    """One provider: its way out, the beginnings of numbers it serves (none: all), its weight."""

    name: str
    route: Channel[OutgoingSms]
    prefixes: tuple[str, ...]
    scale: Scale

    def match(self, number_e164: str) -> int:
        """Return how much of a number it serves by name; -1 if it does not serve it."""
        if not self.prefixes:
            return 0
        return max((len(p) for p in self.prefixes if number_e164.startswith(p)), default=-1)


class SmsRouteGroup(KeptRoute[OutgoingSms]):
    """The channel over several others of the same kind."""

    def __init__(self, members: Sequence[Member], *, is_exercise: bool) -> None:
        super().__init__(is_exercise=is_exercise)
        self._members = tuple(members)
        self.window = max(member.route.window for member in members)

    def close(self) -> None:
        """Close every provider's way out."""
        for member in self._members:
            member.route.close()

    def _abandon_unfinished(self) -> None:
        # Each member drops what a run of its own left behind when the next run begins.
        pass

    def _hand_over(
        self, messages: Iterator[OutgoingSms], *, is_exercise: bool
    ) -> Iterator[HandedOver]:
        pulled: deque[OutgoingSms] = deque()
        while True:
            if not pulled:
                message = next(messages, None)
                if message is None:
                    return
                pulled.append(message)
            candidates = self._candidates(pulled[0].recipient_e164)
            if candidates:
                yield from self._run(_chosen(candidates), pulled, messages, is_exercise)
                continue
            self._check_some_open()
            # Others can go on; this number has to wait for its provider.
            pulled.popleft()
            yield HandedOver(Outcome.DEFERRED, "", _CLOSED, spends_attempt=False)

    def _run(
        self,
        member: Member,
        pulled: deque[OutgoingSms],
        messages: Iterator[OutgoingSms],
        is_exercise: bool,
    ) -> Iterator[HandedOver]:
        asked: deque[float] = deque()
        stream = self._stream(member, pulled, messages, asked)
        try:
            for handed in member.route.send(stream, is_exercise=is_exercise):
                pulled.popleft()
                member.scale.note(handed.outcome, time.monotonic() - asked.popleft())
                reference = handed.provider_reference
                yield replace(
                    handed,
                    provider=member.name,
                    provider_reference=f"{member.name}:{reference}" if reference else "",
                )
        except RouteUnavailable as closed:
            member.scale.close(closed.retry_after)

    def _stream(
        self,
        member: Member,
        pulled: deque[OutgoingSms],
        messages: Iterator[OutgoingSms],
        asked: deque[float],
    ) -> Iterator[OutgoingSms]:
        """Yield what waits and then what comes, while it is this provider's."""
        for _number in range(_RUN):
            # Those under way stand before the first that waits.
            if len(pulled) == len(asked):
                message = next(messages, None)
                if message is None:
                    return
                pulled.append(message)
            following = pulled[len(asked)]
            if member not in self._candidates(following.recipient_e164):
                return
            asked.append(time.monotonic())
            yield following

    def _candidates(self, number_e164: str) -> list[Member]:
        """Return the open providers that fit a number best."""
        matches = [
            (member.match(number_e164), member)
            for member in self._members
            if member.scale.closed_for <= 0
        ]
        best = max((match for match, _member in matches), default=-1)
        return [member for match, member in matches if match == best] if best >= 0 else []

    def _check_some_open(self) -> None:
        waits = [member.scale.closed_for for member in self._members]
        if min(waits) > 0:
            raise RouteUnavailable(_CLOSED, retry_after=min(waits))


def _chosen(candidates: list[Member]) -> Member:
    weights = [member.scale.weight for member in candidates]
    if not any(weights):
        return random.choice(candidates)
    return random.choices(candidates, weights)[0]
