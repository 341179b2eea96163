"""SMS through a gateway that takes them over HTTP; the dialect says what is written and read.

The plain one (notifications.channels.dialects) is POST {"to", "from", "text", "reference",
"validity_seconds"} with a bearer secret:
202 {"id"}                             accepted
400 or 422 {"error": "<short code>"}   this number or this text is refused
anything else                          the route is closed for now

Several connections may be kept; one request is in flight on each, answers are read in order.
"""

from __future__ import annotations

import http.client
import select
import ssl
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from notifications.channels.dialects import Dialect, PlainJson, Request
from notifications.channels.health import RouteHealth
from notifications.channels.protocol import (
    HandedOver,
    KeptRoute,
    Outcome,
    OutgoingSms,
    RouteUnavailable,
)

_MAX_ANSWER = 64 * 1024


@dataclass(frozen=True, slots=True)
class SmsGateway:
    """Where and how to reach the gateway. Times are seconds."""

    host: str
    port: int
    path: str
    sender: str
    secret: str = field(default="", repr=False)
    is_encrypted: bool = True
    #: PEM file of a private certificate authority; empty for the system's.
    ca_file: str = ""
    connections: int = 1
    connect_timeout: float = 5.0
    answer_timeout: float = 15.0
    #: None for the plain one.
    dialect: Dialect | None = None


class HttpSmsRoute(KeptRoute[OutgoingSms]):
    """The channel for `http://` and `https://`; reconnects by itself."""

    def __init__(
        self,
        gateway: SmsGateway,
        *,
        is_exercise: bool,
        messages_per_connection: int = 1000,
        seconds_per_connection: float = 60.0,
    ) -> None:
        super().__init__(is_exercise=is_exercise)
        self.window = gateway.connections
        self._lines = tuple(
            _Line(gateway, messages_per_connection, seconds_per_connection)
            for _ in range(gateway.connections)
        )
        self._health = RouteHealth("http")

    def close(self) -> None:
        """Hang up."""
        for line in self._lines:
            line.close()

    def _hand_over(
        self, messages: Iterator[OutgoingSms], *, is_exercise: bool
    ) -> Iterator[HandedOver]:
        free = deque(self._lines)
        asked: deque[_Line] = deque()
        closed: RouteUnavailable | None = None
        while True:
            while free and closed is None:
                message = next(messages, None)
                if message is None:
                    break
                self.refuse_other_kind(is_exercise)
                try:
                    self._health.check()
                    free[0].ask(message)
                except RouteUnavailable as error:
                    closed = error
                else:
                    asked.append(free.popleft())
            if not asked:
                break
            answer = asked[0].answer()
            free.append(asked.popleft())
            if isinstance(answer, RouteUnavailable):
                closed = answer
                yield from self._settled(asked, closed)
                break
            self._health.note(answer.outcome)
            yield answer
        if closed is not None:
            raise closed

    def _abandon_unfinished(self) -> None:
        # An unread answer must not be taken for the next message's.
        for line in self._lines:
            if line.is_waiting:
                line.close()

    @staticmethod
    def _settled(asked: deque[_Line], closed: RouteUnavailable) -> Iterator[HandedOver]:
        """Yield what is known of the refused message and those that left after it.

        Up to the last that got an outcome of its own; the others count as not sent.
        """
        answers: list[HandedOver | RouteUnavailable] = [closed]
        answers += [line.answer() for line in asked]
        while answers and isinstance(answers[-1], RouteUnavailable):
            answers.pop()
        for answer in answers:
            if isinstance(answer, RouteUnavailable):
                answer = HandedOver(Outcome.DEFERRED, "", answer.code)
            yield answer


class _Line:
    """One kept connection with at most one request in flight."""

    def __init__(self, gateway: SmsGateway, max_messages: int, max_seconds: float) -> None:
        self._gateway = gateway
        self._max_messages = max_messages
        self._max_seconds = max_seconds
        self._tls = (
            ssl.create_default_context(cafile=gateway.ca_file or None)
            if gateway.is_encrypted
            else None
        )
        self._connection: http.client.HTTPConnection | None = None
        self._opened_at = 0.0
        self._served = 0
        #: Whether a request is in flight.
        self.is_waiting = False
        self._dialect = gateway.dialect or PlainJson(gateway.sender, gateway.secret)
        self._message: OutgoingSms | None = None
        # Requests of the message that were not written yet.
        self._left: list[Request] = []

    def close(self) -> None:
        connection, self._connection = self._connection, None
        self.is_waiting = False
        if connection is not None:
            connection.close()

    def ask(self, message: OutgoingSms) -> None:
        """Write the message's first request. Raises RouteUnavailable; nothing was sent then."""
        self._message = message
        self._left = self._dialect.requests(message)
        self._write(self._left.pop(0))

    def _write(self, request: Request) -> None:
        while True:
            connection = self._opened()
            was_used = self._served > 0
            try:
                # Head and body go out in one write; if it fails, the request was incomplete.
                connection.request("POST", self._gateway.path, request.body, request.headers)
            except TimeoutError:
                code = "http-timeout"
            except OSError:
                code = "http-lost"
            else:
                self._served += 1
                self.is_waiting = True
                return
            self.close()
            if not was_used:
                raise RouteUnavailable(code)

    def _opened(self) -> http.client.HTTPConnection:
        if self._connection is not None and (self._is_worn() or self._is_stale()):
            self.close()
        if self._connection is None:
            self._connection = self._connect()
            self._opened_at = time.monotonic()
            self._served = 0
        return self._connection

    def _connect(self) -> http.client.HTTPConnection:
        gateway = self._gateway
        connection = (
            http.client.HTTPConnection(gateway.host, gateway.port, gateway.connect_timeout)
            if self._tls is None
            else http.client.HTTPSConnection(
                gateway.host, gateway.port, timeout=gateway.connect_timeout, context=self._tls
            )
        )
        try:
            connection.connect()
            connection.sock.settimeout(gateway.answer_timeout)
            return connection
        except ssl.SSLError:
            code = "http-tls"
        except TimeoutError:
            code = "http-connect-timeout"
        except OSError:
            code = "http-connect"
        connection.close()
        raise RouteUnavailable(code)

    def _is_worn(self) -> bool:
        return (
            self._served >= self._max_messages
            or time.monotonic() - self._opened_at >= self._max_seconds
        )

    def _is_stale(self) -> bool:
        """Whether the gateway hung up while nothing was asked of it."""
        if self._connection is None or self._connection.sock is None:
            return True
        poll = select.poll()
        poll.register(self._connection.sock, select.POLLIN)
        return bool(poll.poll(0))

    def answer(self) -> HandedOver | RouteUnavailable:
        """Read the answer to the request in flight; send and read those still to come."""
        answer = self._read()
        while self._left and _is_accepted(answer):
            try:
                self._write(self._left.pop(0))
            except RouteUnavailable as closed:
                answer = closed
            else:
                answer = self._read()
            if not _is_accepted(answer):
                # Parts before this one were taken; all of it again is bounded like a lost answer.
                code = answer.code
                answer = HandedOver(Outcome.UNKNOWN, "", f"{code}-in-part")
        self._left = []
        return answer

    def _read(self) -> HandedOver | RouteUnavailable:
        assert self._connection is not None
        assert self._message is not None
        self.is_waiting = False
        status = 0
        try:
            response = self._connection.getresponse()
            body = response.read(_MAX_ANSWER + 1)
            status, retry_after = response.status, response.getheader("Retry-After", "")
            if len(body) > _MAX_ANSWER or response.will_close:
                self.close()
        except TimeoutError:
            code = "http-timeout-after-request"
        except (OSError, http.client.HTTPException):
            code = "http-lost-after-request"
        if status == 0:
            self.close()
            return HandedOver(Outcome.UNKNOWN, "", code)
        return self._dialect.meaning(status, retry_after, body, self._message)


def _is_accepted(answer: HandedOver | RouteUnavailable) -> bool:
    return isinstance(answer, HandedOver) and answer.outcome is Outcome.ACCEPTED
