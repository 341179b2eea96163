"""E-mail over SMTP: one recipient per message, pipelined over a kept connection.

While the server works on message i, the envelope of message i+1 is already on its way
(RFC 2920, 3.1). Its text is written only after the outcome of message i was yielded and the
caller came back, so a caller who dies loses track of one message at most.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from notifications.channels.health import RouteHealth
from notifications.channels.protocol import (
    HandedOver,
    KeptRoute,
    OutgoingMail,
    RouteUnavailable,
)
from notifications.channels.smtp_replies import RouteRefused
from notifications.channels.smtp_session import ConnectionLost, SmtpEndpoint
from notifications.channels.smtp_transactions import SmtpTransactions, WireMail, wire_mail


class SmtpRoute(KeptRoute[OutgoingMail]):
    """The channel for `smtp://` and `smtps://`; reconnects by itself."""

    # Bounces come back by their return address, so a server's queue id matches nothing.
    needs_reference = False

    def __init__(
        self,
        endpoint: SmtpEndpoint,
        *,
        is_exercise: bool,
        messages_per_connection: int = 1000,
        seconds_per_connection: float = 60.0,
    ) -> None:
        super().__init__(is_exercise=is_exercise)
        self._endpoint = endpoint
        self._messages_per_connection = messages_per_connection
        self._seconds_per_connection = seconds_per_connection
        self._connection: SmtpTransactions | None = None
        self._health = RouteHealth("smtp")

    def close(self) -> None:
        """Hang up, with QUIT where that is possible."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _hand_over(
        self, messages: Iterator[OutgoingMail], *, is_exercise: bool
    ) -> Iterator[HandedOver]:
        batch = _Batch(messages)
        while (mail := batch.current()) is not None:
            self._health.check()
            handed_over = self._attempt(mail, batch, is_exercise)
            if handed_over is not None:
                batch.finish_current()
                self._health.note(handed_over.outcome)
                yield handed_over

    def _abandon_unfinished(self) -> None:
        # Without its final dot the server forgets a message.
        if self._connection is not None and self._connection.is_busy:
            self.close()

    def _attempt(self, mail: WireMail, batch: _Batch, is_exercise: bool) -> HandedOver | None:
        """Return the outcome; None if the connection went before the message left.

        Raises RouteUnavailable.
        """
        connection = self._open_connection(is_exercise)
        try:
            refusal = connection.unfit(mail) or connection.offer(mail)
            if refusal is not None:
                return refusal
            following = None
            if connection.pipelines and not self._is_worn(connection, after=1):
                following = batch.following()
            return connection.deliver(mail, following)
        except RouteRefused as refused:
            may_reconnect, code = False, refused.code
        except ConnectionLost as lost:
            # Servers close connections that have served long enough; a fresh one must work.
            may_reconnect, code = connection.completed > 0, lost.code
        connection.is_usable = False
        self.close()
        if may_reconnect:
            return None
        raise RouteUnavailable(code)

    def _open_connection(self, is_exercise: bool) -> SmtpTransactions:
        self.refuse_other_kind(is_exercise)
        connection = self._connection
        if connection is not None and not connection.is_busy:
            connection.is_usable = connection.is_usable and not connection.is_stale()
        if connection is not None and (
            not connection.is_usable or (not connection.is_busy and self._is_worn(connection))
        ):
            self.close()
        if self._connection is None:
            self._connection = SmtpTransactions(self._endpoint)
        return self._connection

    def _is_worn(self, connection: SmtpTransactions, *, after: int = 0) -> bool:
        return connection.is_worn(
            messages=self._messages_per_connection - after, seconds=self._seconds_per_connection
        )


class _Batch:
    """The messages of one `send`, pulled as late as pipelining allows."""

    def __init__(self, messages: Iterator[OutgoingMail]) -> None:
        self._messages = messages
        self._pulled: deque[WireMail] = deque()
        self._problem: ValueError | None = None

    def current(self) -> WireMail | None:
        """Return the message to send, None at the end. Raises ValueError for an unusable one."""
        if not self._pulled:
            self._pull()
        return self._pulled[0] if self._pulled else None

    def following(self) -> WireMail | None:
        """Return the message after it, if there is one that may be sent."""
        if len(self._pulled) == 1 and self._problem is None:
            self._pull(is_ahead=True)
        return self._pulled[1] if len(self._pulled) > 1 else None

    def finish_current(self) -> None:
        """Forget the message that has an outcome now."""
        self._pulled.popleft()

    def _pull(self, *, is_ahead: bool = False) -> None:
        if self._problem is not None:
            raise self._problem
        message = next(self._messages, None)
        if message is None:
            return
        try:
            self._pulled.append(wire_mail(message))
        except ValueError as problem:
            if not is_ahead:
                raise
            # It must not hold back the message before it.
            self._problem = problem
