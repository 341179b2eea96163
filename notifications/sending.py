"""The sending loop: lease a chunk, open its addresses, render, hand over, record.

Runs inside a Celery task, a dispatcher process or a test, on a connection of
its own. Killing it at any moment loses nobody: see notifications.leasing.
"""

from __future__ import annotations

import contextlib
import logging
import random
import time
from collections.abc import Callable, Iterator

from django.conf import settings

from notifications import leasing
from notifications.channels.protocol import HandedOver, Outcome, RouteUnavailable
from notifications.connecting import Connection, open_connection
from notifications.leasing import Lease, Result
from notifications.loading import Envelope, FrozenMessage, MessageBook, WindowLoader
from notifications.models import DeliveryStatus
from notifications.routing import RouteBook

logger = logging.getLogger(__name__)

# Messages between two movements of the cursor: what a killed worker may send twice.
FLUSH_EVERY = 10
# Consent is asked again for each window, and again when a window has lain this long.
WINDOW = 50
WINDOW_SECONDS = 0.8
# A message put off by its recipient's provider is given up after so many tries.
MAX_ATTEMPTS = 6


class LeaseLost(Exception):
    """Somebody else holds the chunk now; nothing more may be sent from it."""


def drain(
    *,
    lane: int,
    seconds: float = 25.0,
    routes: RouteBook | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> int:
    """Send claimable chunks of a lane and those above for a while; return how many chunks.

    Stops early when there is nothing to claim. Routes given are closed at the end.
    """
    until = time.monotonic() + seconds
    messages = MessageBook()
    done = 0
    with open_connection() as connection, contextlib.closing(routes or RouteBook()) as book:
        while time.monotonic() < until and not should_stop():
            lease = leasing.claim(connection, lane=lane)
            if lease is None:
                break
            _work(connection, lease, messages.get(lease.message_id), book, should_stop)
            done += 1
    return done


def _work(
    connection: Connection,
    lease: Lease,
    message: FrozenMessage,
    routes: RouteBook,
    should_stop: Callable[[], bool],
) -> None:
    started = time.monotonic()
    first = lease.cursor
    try:
        finished = _ChunkSender(connection, lease, message, routes, should_stop).run()
    except RouteUnavailable as trouble:
        wait = trouble.retry_after or settings.ROUTE_WAIT_SECONDS
        leasing.release(connection, lease, wait_seconds=wait * random.uniform(1.0, 1.5))
        logger.warning("route unavailable chunk=%s code=%s", lease.chunk_id, trouble.code)
        return
    except LeaseLost:
        logger.warning("lease lost chunk=%s", lease.chunk_id)
        return
    if finished:
        leasing.finish(connection, lease)
    else:
        leasing.release(connection, lease)
    logger.info(
        "chunk worked chunk=%s dispatch=%s messages=%s ms=%d",
        lease.chunk_id,
        lease.dispatch_id,
        lease.cursor - first,
        (time.monotonic() - started) * 1000,
    )


class _ChunkSender:
    """Sends one leased chunk."""

    def __init__(
        self,
        connection: Connection,
        lease: Lease,
        message: FrozenMessage,
        routes: RouteBook,
        should_stop: Callable[[], bool],
    ) -> None:
        self.connection = connection
        self.lease = lease
        self.route = routes.route(lease.channel, is_exercise=lease.is_exercise)
        self.route_name = routes.name(lease.channel, is_exercise=lease.is_exercise)
        self.loader = WindowLoader(connection, lease, message)
        self.should_stop = should_stop
        self.flush_every = 1 if lease.is_careful else FLUSH_EVERY
        self.state = "running"
        # Outcomes not written yet, and the position they reach up to.
        self.results: list[Result] = []
        self.position = lease.cursor
        # Rows taken from the loader and not yet answered by the route, in order.
        self.waiting: list[Envelope] = []
        self.lease_ends = 0.0
        self._extend()

    def run(self) -> bool:
        """Send until the end, or until told to stop; True when the end was reached."""
        try:
            while self.position < self.lease.hi and self._may_go_on():
                if time.monotonic() > self.lease_ends:
                    self._flush(even_if_empty=True)
                self._send_window()
        finally:
            # Also when the route breaks down: what has an outcome is recorded.
            self._flush()
        return self.lease.cursor >= self.lease.hi

    def _may_go_on(self) -> bool:
        return self.state in ("running", "freezing") and not self.should_stop()

    def _extend(self) -> None:
        # Judged by our own clock, which no frozen process can have kept running.
        self.lease_ends = time.monotonic() + settings.SENDING_LEASE_SECONDS - 2.0

    def _send_window(self) -> None:
        start = self.position
        end = min(start + (1 if self.lease.is_careful else WINDOW), self.lease.hi)
        loaded = time.monotonic()
        envelopes = self.loader.load(start, end)
        to_send = [e for e in envelopes if e.result is None]
        if self.lease.is_careful and to_send:
            to_send = self._try_carefully(to_send)
        stream = self._stream(to_send, loaded)
        for outcome in self.route.send(stream, is_exercise=self.lease.is_exercise):
            envelope = self.waiting.pop(0)
            envelope.result = self._judge(envelope, outcome)
            self._advance(envelopes, end)
        cut_short = any(e.result is None for e in envelopes)
        self._advance(envelopes, end if not cut_short else None)

    def _stream(self, envelopes: list[Envelope], loaded: float) -> Iterator[object]:
        """Yield messages to the route while lease, consent check and dispatch still hold."""
        for envelope in envelopes:
            if not self._may_go_on() or time.monotonic() - loaded > WINDOW_SECONDS:
                return
            if time.monotonic() > self.lease_ends:
                return
            self.waiting.append(envelope)
            yield envelope.message

    def _try_carefully(self, envelopes: list[Envelope]) -> list[Envelope]:
        (envelope,) = envelopes
        tries = leasing.note_try(self.connection, self.lease, envelope.seq)
        if tries > self.lease.max_copies:
            # It has taken every sender with it so far. It may have arrived.
            envelope.result = Result(
                envelope.seq, DeliveryStatus.UNKNOWN, "sender-died", is_attempt=False
            )
            return []
        return envelopes

    def _advance(self, envelopes: list[Envelope], end: int | None) -> None:
        """Collect results in order up to the first row without one; flush when due."""
        for envelope in envelopes:
            if envelope.seq < self.position:
                continue
            if envelope.result is None:
                break
            self.results.append(envelope.result)
            self.position = envelope.seq + 1
            if len(self.results) >= self.flush_every:
                self._flush()
        else:
            if end is not None:
                self.position = end

    def _flush(self, *, even_if_empty: bool = False) -> None:
        if not self.results and self.position == self.lease.cursor and not even_if_empty:
            return
        state = leasing.flush(
            self.connection, self.lease, cursor=self.position, results=self.results
        )
        if state is None:
            raise LeaseLost
        self.results = []
        self.state = state
        self._extend()

    def _judge(self, envelope: Envelope, handed: HandedOver) -> Result:
        """Turn a channel's outcome into the delivery's status."""
        status, reason = _status_of(handed, envelope.attempts + 1, self.lease.max_copies)
        return Result(
            envelope.seq,
            status,
            reason,
            provider_reference=handed.provider_reference[:80],
            route=self.route_name,
            outcome=handed.outcome,
            code=handed.code,
            # A careful try was counted before it was made.
            is_attempt=not self.lease.is_careful,
        )


def _status_of(handed: HandedOver, attempts: int, max_copies: int) -> tuple[DeliveryStatus, str]:
    code = handed.code[:40]
    match handed.outcome:
        case Outcome.ACCEPTED:
            return DeliveryStatus.HANDED_OVER, ""
        case Outcome.REFUSED | Outcome.MESSAGE_REFUSED:
            return DeliveryStatus.FAILED, code
        case Outcome.UNKNOWN:
            # Sent again under the same Message-ID, but never more often than promised.
            if attempts < max_copies:
                return DeliveryStatus.DEFERRED, code
            return DeliveryStatus.UNKNOWN, code
        case Outcome.DEFERRED | Outcome.SENDER_REFUSED:
            if attempts < MAX_ATTEMPTS:
                return DeliveryStatus.DEFERRED, code
            return DeliveryStatus.FAILED, code
