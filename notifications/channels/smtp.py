"""E-mail over SMTP: one recipient per message, pipelined over a few kept connections.

While the server works on a message, the envelope of the next one on the same connection is
already on its way (RFC 2920, 3.1). Messages take the connections in turn and their outcomes
are yielded in the same turn, so that at most as many texts as there are connections have left
without having been yielded: a caller who dies loses track of no more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from notifications.channels.health import RouteHealth
from notifications.channels.protocol import (
    HandedOver,
    KeptRoute,
    Outcome,
    OutgoingMail,
    RouteUnavailable,
)
from notifications.channels.smtp_replies import RouteRefused
from notifications.channels.smtp_session import ConnectionLost, SmtpEndpoint
from notifications.channels.smtp_transactions import SmtpTransactions, WireMail, wire_mail


class SmtpRoute(KeptRoute[OutgoingMail]):
    """The channel for `smtp://` and `smtps://`; reconnects by itself.

    connections: how many are kept, each with one message in hand; the window of this channel.
    """

    # Bounces come back by their return address, so a server's queue id matches nothing.
    needs_reference = False

    def __init__(
        self,
        endpoint: SmtpEndpoint,
        *,
        is_exercise: bool,
        connections: int = 1,
        messages_per_connection: int = 1000,
        seconds_per_connection: float = 60.0,
    ) -> None:
        super().__init__(is_exercise=is_exercise)
        self.window = connections
        self._endpoint = endpoint
        self._messages_per_connection = messages_per_connection
        self._seconds_per_connection = seconds_per_connection
        self._connections: list[SmtpTransactions | None] = [None] * connections
        self._health = RouteHealth("smtp")

    def close(self) -> None:
        """Hang up, with QUIT where that is possible."""
        for place in range(self.window):
            self._close(place)

    def _close(self, place: int) -> None:
        connection, self._connections[place] = self._connections[place], None
        if connection is not None:
            connection.close()

    def _hand_over(
        self, messages: Iterator[OutgoingMail], *, is_exercise: bool
    ) -> Iterator[HandedOver]:
        batch = _Batch(messages, reach=self.window)
        under_way: deque[_Turn] = deque()
        trouble: RouteUnavailable | None = None
        place = 0
        while True:
            while trouble is None and len(under_way) < self.window:
                if (mail := batch.current(may_raise=not under_way)) is None:
                    break
                turn = _Turn(place, mail)
                try:
                    self._health.check()
                    self._begin(turn, batch, is_exercise)
                except RouteUnavailable as closed:
                    # This message has not left; those before it still get their outcome.
                    trouble = closed
                    break
                batch.finish_current()
                under_way.append(turn)
                place = (place + 1) % self.window
            if not under_way:
                if trouble is not None:
                    raise trouble
                return
            try:
                handed_over = self._end(under_way[0], batch, is_exercise)
            except RouteUnavailable as closed:
                trouble = trouble or closed
                if len(under_way) == 1:
                    raise
                # It has not left, but those behind it have, and outcomes come in order.
                handed_over = HandedOver(Outcome.DEFERRED, "", closed.code, spends_attempt=False)
            under_way.popleft()
            self._health.note(handed_over.outcome)
            yield handed_over

    def _abandon_unfinished(self) -> None:
        # Without its final dot the server forgets a message.
        for place, connection in enumerate(self._connections):
            if connection is not None and connection.is_busy:
                self._close(place)

    def _begin(self, turn: _Turn, batch: _Batch, is_exercise: bool) -> None:
        """Write the text of a message, unless the server refuses its envelope.

        Raises RouteUnavailable; the message has not left then.
        """
        while True:
            connection = self._open_connection(turn.place, is_exercise)
            try:
                turn.refusal = connection.unfit(turn.mail) or connection.offer(turn.mail)
                if turn.refusal is None:
                    following = None
                    if connection.pipelines and not self._is_worn(connection, after=1):
                        following = batch.following(turn.mail)
                    connection.begin(turn.mail, following)
                return
            except (RouteRefused, ConnectionLost) as problem:
                self._give_up(turn.place, connection, problem)

    def _end(self, turn: _Turn, batch: _Batch, is_exercise: bool) -> HandedOver:
        """Return the outcome of a message that was begun.

        Raises RouteUnavailable; the message was not accepted then.
        """
        while turn.refusal is None:
            connection = self._connections[turn.place]
            assert connection is not None
            try:
                return connection.end()
            except (RouteRefused, ConnectionLost) as problem:
                self._give_up(turn.place, connection, problem)
            self._begin(turn, batch, is_exercise)
        return turn.refusal

    def _give_up(
        self, place: int, connection: SmtpTransactions, problem: RouteRefused | ConnectionLost
    ) -> None:
        """Drop a connection; raise RouteUnavailable unless a fresh one may do better."""
        # Servers close connections that have served long enough; a fresh one must work.
        may_reconnect = isinstance(problem, ConnectionLost) and connection.completed > 0
        connection.is_usable = False
        self._close(place)
        if not may_reconnect:
            raise RouteUnavailable(problem.code) from None

    def _open_connection(self, place: int, is_exercise: bool) -> SmtpTransactions:
        self.refuse_other_kind(is_exercise)
        connection = self._connections[place]
        if connection is not None and not connection.is_busy:
            connection.is_usable = connection.is_usable and not connection.is_stale()
        if connection is not None and (
            not connection.is_usable or (not connection.is_busy and self._is_worn(connection))
        ):
            self._close(place)
            connection = None
        if connection is None:
            connection = self._connections[place] = SmtpTransactions(self._endpoint)
        return connection

    def _is_worn(self, connection: SmtpTransactions, *, after: int = 0) -> bool:
        return connection.is_worn(
            messages=self._messages_per_connection - after, seconds=self._seconds_per_connection
        )


@dataclass(slots=True)
class _Turn:
    """A message on its connection: begun, or refused before its text."""

    place: int
    mail: WireMail
    refusal: HandedOver | None = None


class _Batch:
    """The messages of one `send`, pulled as late as pipelining allows.

    reach: the message after one on its connection is so many further on.
    """

    def __init__(self, messages: Iterator[OutgoingMail], *, reach: int) -> None:
        self._messages = messages
        self._reach = reach
        self._pulled: deque[WireMail] = deque()
        self._problem: ValueError | None = None

    def current(self, *, may_raise: bool) -> WireMail | None:
        """Return the message to send, None at the end.

        Raises ValueError for an unusable one; None instead while others are under way.
        """
        if not self._pulled and (self._problem is None or may_raise):
            self._pull(is_ahead=not may_raise)
        return self._pulled[0] if self._pulled else None

    def following(self, mail: WireMail) -> WireMail | None:
        """Return the message that will follow `mail` on its connection, if there is one."""
        # A message sent once more is no longer here, and the next one already on another.
        if not self._pulled or self._pulled[0] is not mail:
            return None
        while len(self._pulled) <= self._reach and self._problem is None:
            if not self._pull(is_ahead=True):
                break
        return self._pulled[self._reach] if len(self._pulled) > self._reach else None

    def finish_current(self) -> None:
        """Forget the message that is on its way."""
        self._pulled.popleft()

    def _pull(self, *, is_ahead: bool = False) -> bool:
        if self._problem is not None:
            raise self._problem
        message = next(self._messages, None)
        if message is None:
            return False
        try:
            self._pulled.append(wire_mail(message))
        except ValueError as problem:
            if not is_ahead:
                raise
            # It must not hold back the message before it.
            self._problem = problem
            return False
        return True
