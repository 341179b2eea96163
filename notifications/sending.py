"""The sending loop: lease a chunk, open its addresses, render, hand over, record.

Runs inside a Celery task, a dispatcher process or a test, on a connection of
its own. Killing it at any moment loses nobody: see notifications.leasing.
"""

from __future__ import annotations

import contextlib
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.conf import settings

from notifications import leasing
from notifications.beating import Pulse
from notifications.channels.protocol import HandedOver, Outcome, RouteUnavailable
from notifications.connecting import Connection, open_connection
from notifications.leasing import Lease, Result
from notifications.loading import Envelope, FrozenMessage, MessageBook, WindowLoader
from notifications.models import DeliveryStatus
from notifications.recording import Ledger
from notifications.routing import RouteBook

logger = logging.getLogger(__name__)

# F: messages that may be without a durable outcome: what a killed worker may send twice.
FLUSH_EVERY = 10
# A flush begins with so many outcomes while the last one is not waited for.
FLUSH_AT = 5
# Consent is asked again for each window, and again when a window has lain this long.
WINDOW = 250
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
    with (
        open_connection() as connection,
        open_connection() as reader,
        contextlib.closing(routes or RouteBook()) as book,
    ):
        desk = Desk(connection, reader, Ledger(connection), book)
        pulse = Pulse(connection)
        while time.monotonic() < until and not should_stop():
            pulse.beat()
            lease = leasing.claim(connection, lane=lane)
            if lease is None:
                break
            _work(desk, lease, messages.get(lease.message_id), should_stop)
            done += 1
            pulse.beat(chunks=1)
        pulse.beat(is_last=True)
    return done


@dataclass(frozen=True)
class Desk:
    """What one sending loop works with: connections to claim and record, to read, and out."""

    connection: Connection
    reader: Connection
    ledger: Ledger
    routes: RouteBook


def _work(
    desk: Desk,
    lease: Lease,
    message: FrozenMessage,
    should_stop: Callable[[], bool],
) -> None:
    connection = desk.connection
    started = time.monotonic()
    first = lease.cursor
    try:
        finished = _ChunkSender(desk, lease, message, should_stop).run()
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
    """Sends one leased chunk.

    Never more than FLUSH_EVERY + window - 1 messages are without a durable outcome: that is
    all a dying worker can repeat. A flush is under way while the next messages leave.
    """

    def __init__(
        self,
        desk: Desk,
        lease: Lease,
        message: FrozenMessage,
        should_stop: Callable[[], bool],
    ) -> None:
        self.desk = desk
        self.ledger = desk.ledger
        self.lease = lease
        self.route = desk.routes.route(lease.channel, is_exercise=lease.is_exercise)
        self.route_name = desk.routes.name(lease.channel, is_exercise=lease.is_exercise)
        self.needs_reference: bool = getattr(self.route, "needs_reference", True)
        self.loader = WindowLoader(desk.reader, lease, message)
        self.should_stop = should_stop
        self.state = "running"
        self.must_make_way = False
        # Outcomes no flush has taken yet, and the position they reach up to.
        self.results: list[Result] = []
        self.position = lease.cursor
        # The rows of this window still to be given to the recorder, in order.
        self.window: deque[Envelope] = deque()
        # Rows taken by the route and not yet answered, in order.
        self.waiting: deque[Envelope] = deque()
        # Messages the route has taken whose outcome is not durable yet.
        self.unrecorded = 0
        self.taken_by_flush = 0
        self.most_unrecorded = FLUSH_EVERY + self.route.window - 1
        # Beyond this a dead holder cannot have sent anything.
        self.careful_until = lease.cursor + self.most_unrecorded if lease.is_careful else 0
        self.lease_ends = 0.0
        self._extend(time.monotonic())

    def run(self) -> bool:
        """Send until the end, or until told to stop; True when the end was reached."""
        try:
            while self.position < self.lease.hi and self._may_go_on():
                if time.monotonic() > self.lease_ends:
                    self._record(even_if_empty=True)
                self._send_window()
        finally:
            # Also when the route breaks down: what has an outcome is recorded.
            self._record()
        return self.lease.cursor >= self.lease.hi

    def _may_go_on(self) -> bool:
        return (
            not self.must_make_way
            and self.state in ("running", "freezing")
            and not self.should_stop()
        )

    def _extend(self, began: float) -> None:
        # Judged by our own clock, which no frozen process can have kept running.
        self.lease_ends = began + settings.SENDING_LEASE_SECONDS - 2.0

    @property
    def is_careful(self) -> bool:
        """Whether a dead holder may have sent the message at the position already."""
        return self.position < self.careful_until

    def _send_window(self) -> None:
        start = self.position
        is_careful = self.is_careful
        end = min(start + (1 if is_careful else WINDOW), self.lease.hi)
        loaded = time.monotonic()
        envelopes = self.loader.load(start, end)
        self.window = deque(envelopes)
        to_send = [e for e in envelopes if e.result is None]
        if is_careful and to_send:
            to_send = self._try_carefully(to_send)
        for outcome in self.route.send(
            self._stream(to_send, loaded), is_exercise=self.lease.is_exercise
        ):
            envelope = self.waiting.popleft()
            envelope.result = self._judge(envelope, outcome, is_careful=is_careful)
            self._collect()
        self._collect()
        if not self.window:
            self.position = end
        if is_careful:
            self._record()

    def _stream(self, envelopes: list[Envelope], loaded: float) -> Iterator[object]:
        """Yield messages to the route while lease, consent check and dispatch still hold."""
        for envelope in envelopes:
            if self.unrecorded >= self.most_unrecorded and not self._make_room():
                return
            now = time.monotonic()
            if now - loaded > WINDOW_SECONDS or now > self.lease_ends or not self._may_go_on():
                return
            self.waiting.append(envelope)
            self.unrecorded += 1
            yield envelope.message

    def _make_room(self) -> bool:
        """Wait until an outcome became durable; False when none is there to be made so."""
        if not self.ledger.is_under_way:
            self._begin_flush()
        if self.ledger.is_under_way:
            self._end_flush()
        return self.unrecorded < self.most_unrecorded

    def _try_carefully(self, envelopes: list[Envelope]) -> list[Envelope]:
        (envelope,) = envelopes
        # One copy may have left with the holder that died; each try risks one more.
        risked = leasing.note_try(self.desk.connection, self.lease, envelope.seq)
        if risked >= self.lease.max_copies:
            # It has taken every sender with it so far. It may have arrived.
            envelope.result = Result(
                envelope.seq, DeliveryStatus.UNKNOWN, "sender-died", is_attempt=False
            )
            return []
        return envelopes

    def _collect(self) -> None:
        """Take results in order up to the first row without one; flush when there is reason."""
        window = self.window
        while window and (result := window[0].result) is not None:
            self.position = window.popleft().seq + 1
            self.results.append(result)
        if self.ledger.is_under_way:
            if not self.ledger.is_answered():
                return
            self._end_flush()
        if len(self.results) >= FLUSH_AT:
            self._begin_flush()

    def _begin_flush(self) -> None:
        if not self.results:
            return
        self.flush_began = time.monotonic()
        self.ledger.begin(self.lease, self.position, self.results)
        self.taken_by_flush = sum(result.was_taken for result in self.results)
        self.results = []

    def _end_flush(self) -> None:
        standing = self.ledger.end()
        if standing is None:
            raise LeaseLost
        self.unrecorded -= self.taken_by_flush
        self.taken_by_flush = 0
        self.state, self.must_make_way = standing.state, standing.must_make_way
        self._extend(self.flush_began)

    def _record(self, *, even_if_empty: bool = False) -> None:
        """Make durable whatever has an outcome, and wait for it."""
        if self.ledger.is_under_way:
            self._end_flush()
        if not self.results and self.position == self.lease.cursor and not even_if_empty:
            return
        self.flush_began = time.monotonic()
        self.ledger.begin(self.lease, self.position, self.results)
        self.taken_by_flush = sum(result.was_taken for result in self.results)
        self.results = []
        self._end_flush()

    def _judge(self, envelope: Envelope, handed: HandedOver, *, is_careful: bool) -> Result:
        """Turn a channel's outcome into the delivery's status."""
        copies = envelope.copies + is_careful
        spends = getattr(handed, "spends_attempt", True)
        status, reason = _status_of(
            handed, envelope.attempts + spends, copies, self.lease.max_copies
        )
        provider = getattr(handed, "provider", "")
        return Result(
            envelope.seq,
            status,
            reason,
            provider_reference=handed.provider_reference[:80] if self.needs_reference else "",
            route=f"{self.route_name}:{provider}"[:40] if provider else self.route_name,
            outcome=handed.outcome,
            code=handed.code,
            # A careful try was counted before it was made.
            is_attempt=spends and not is_careful,
            copies=int(handed.outcome is Outcome.UNKNOWN and not is_careful),
            was_taken=True,
        )


def _status_of(
    handed: HandedOver, attempts: int, copies: int, max_copies: int
) -> tuple[DeliveryStatus, str]:
    """Return status and reason. attempts: this one counted; copies: risked before this one."""
    code = handed.code[:40]
    match handed.outcome:
        case Outcome.ACCEPTED:
            return DeliveryStatus.HANDED_OVER, ""
        case Outcome.REFUSED | Outcome.MESSAGE_REFUSED:
            return DeliveryStatus.FAILED, code
        case Outcome.UNKNOWN:
            # Sent again under the same Message-ID, but never more often than promised.
            if copies + 1 < max_copies and attempts < MAX_ATTEMPTS:
                return DeliveryStatus.DEFERRED, code
            return DeliveryStatus.UNKNOWN, code
        case Outcome.DEFERRED | Outcome.SENDER_REFUSED:
            if attempts < MAX_ATTEMPTS:
                return DeliveryStatus.DEFERRED, code
            return DeliveryStatus.FAILED, code
