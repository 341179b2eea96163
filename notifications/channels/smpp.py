"""SMS over SMPP 3.4, straight to an operator: several messages at a time wait for their answer.

Parts of one message travel one behind the other and have one outcome together. An SMSC that
says "too fast" costs nobody an attempt: the part waits and goes again. When a connection is
lost, what had been written and not answered is unknown, the rest is untouched.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress

from notifications.channels.addresses import check_phone_number
from notifications.channels.health import RouteHealth
from notifications.channels.pacing import Pace
from notifications.channels.protocol import (
    HandedOver,
    KeptRoute,
    Outcome,
    OutgoingSms,
    RouteUnavailable,
)
from notifications.channels.smpp_session import LinkLost, SmppSession, Smsc, Take
from notifications.channels.smpp_statuses import OK, ROUTE_REFUSED, THROTTLED, code_of
from notifications.channels.smpp_submission import Part, Submission, submission
from notifications.channels.smpp_wire import SUBMIT_SM, Pdu, message_id, pdu, source_address

# Throttled for so long without one part accepted, the route counts as closed.
_PATIENCE_SECONDS = 5.0
# How long an SMSC that is leaving may still answer.
_LEAVING_SECONDS = 2.0


class SmppRoute(KeptRoute[OutgoingSms]):
    """The channel for `smpp://` and `smpps://`; binds by itself.

    take: stores what the SMSC delivers on a transceiver bind; without one it is asked to keep
    its messages for a listener.
    """

    def __init__(self, smsc: Smsc, *, is_exercise: bool, take: Take | None = None) -> None:
        super().__init__(is_exercise=is_exercise)
        self.window = smsc.window
        self._smsc = smsc
        self._take = take
        self._source = source_address(smsc.sender)
        self._session: SmppSession | None = None
        self._pace = Pace(smsc.parts_per_second)
        self._health = RouteHealth("smpp")
        self._group = random.randrange(256)
        # By sequence number, oldest first.
        self._unanswered: dict[int, tuple[Submission, Part, float]] = {}
        # Since when nothing but "too fast" was answered.
        self._throttled_since: float | None = None
        # Answers of the present connection.
        self._answers = 0

    def close(self) -> None:
        """Unbind and hang up."""
        session, self._session = self._session, None
        if session is not None:
            if self._unanswered:
                session.drop()
            else:
                session.close()
        self._unanswered.clear()

    def _abandon_unfinished(self) -> None:
        # A late answer must not be taken for that of another message.
        if self._unanswered:
            self.close()

    def _hand_over(
        self, messages: Iterator[OutgoingSms], *, is_exercise: bool
    ) -> Iterator[HandedOver]:
        waiting: deque[Submission] = deque()
        closed: RouteUnavailable | None = None
        more = True
        self._throttled_since = None
        while closed is None:
            try:
                more = self._fill(waiting, messages if more else iter(()), is_exercise)
                if not waiting and not more:
                    return
                self._listen(waiting)
            except RouteUnavailable as error:
                closed = error
            while waiting and waiting[0].is_settled:
                outcome = waiting.popleft().result()
                if outcome.outcome is not Outcome.UNKNOWN:
                    self._health.note(outcome.outcome)
                yield outcome
        self._read_out()
        while waiting and waiting[-1].has_left_nothing:
            waiting.pop()
        for one in waiting:
            yield one.result() if one.is_settled else one.put_off(closed.code)
        raise closed

    # --- writing ---------------------------------------------------------------

    def _fill(
        self, waiting: deque[Submission], messages: Iterator[OutgoingSms], is_exercise: bool
    ) -> bool:
        """Write what may be written; return whether there may be more messages."""
        if self._session is not None and self._session.is_ending and self._unanswered:
            return True
        outgoing: list[tuple[Submission, Part]] = []
        more = True
        self._health.check()
        while self._pace.delay() <= 0:
            again = next((one for one in waiting if one.unwritten), None)
            if again is None:
                if len(waiting) >= self.window:
                    break
                message = next(messages, None)
                if message is None:
                    more = False
                    break
                check_phone_number(message.recipient_e164)
                self._group = (self._group + 1) % 256
                again = submission(message, source=self._source, group=self._group)
                waiting.append(again)
            parts = again.take_unwritten()
            self._pace.spend(len(parts))
            outgoing += [(again, part) for part in parts]
        if outgoing:
            try:
                self._open_session(is_exercise)
            except RouteUnavailable:
                for owner, part in outgoing:
                    owner.give_back(part)
                raise
            self._write(outgoing)
        return more

    def _write(self, outgoing: list[tuple[Submission, Part]]) -> None:
        session = self._session
        assert session is not None
        now = time.monotonic()
        octets = bytearray()
        ends = []
        for owner, part in outgoing:
            number = session.number()
            octets += pdu(SUBMIT_SM, number, part.body)
            ends.append((len(octets), number))
            self._unanswered[number] = (owner, part, now)
        try:
            session.write(bytes(octets))
        except LinkLost as lost:
            for end, number in ends:
                if end > lost.sent:
                    # An incomplete PDU is nothing to the SMSC.
                    owner, part, _at = self._unanswered.pop(number)
                    owner.give_back(part)
            self._lose(lost.code)

    def _open_session(self, is_exercise: bool) -> None:
        self.refuse_other_kind(is_exercise)
        if self._session is not None and not self._unanswered and not self._session.is_alive():
            self._session.drop()
            self._session = None
        if self._session is None:
            self._session = SmppSession(self._smsc, take=self._take)
            self._answers = 0

    # --- reading ---------------------------------------------------------------

    def _listen(self, waiting: deque[Submission]) -> None:
        """Read at least one answer, or wait until writing may go on. Raises RouteUnavailable."""
        session = self._session
        if session is None:
            # Lost while writing; what never left goes over a new connection.
            return
        now = time.monotonic()
        if not self._unanswered:
            self._wait_for_pace()
            return
        oldest = next(iter(self._unanswered.values()))[2]
        patience = _LEAVING_SECONDS if session.is_ending else self._smsc.answer_timeout
        seconds = oldest + patience - now
        if any(one.unwritten for one in waiting) or len(waiting) < self.window:
            seconds = min(seconds, self._pace.delay() or seconds)
        try:
            answer = session.read(max(seconds, 0.0))
            while answer is not None:
                self._note(answer)
                answer = session.read(0.0) if self._unanswered else None
        except LinkLost as lost:
            self._lose(lost.code)
            return
        now = time.monotonic()
        if self._unanswered and now - next(iter(self._unanswered.values()))[2] >= patience:
            self._lose("smpp-timeout")
        elif session.is_ending and not self._unanswered:
            self.close()

    def _wait_for_pace(self) -> None:
        if (
            self._throttled_since is not None
            and time.monotonic() - self._throttled_since > _PATIENCE_SECONDS
        ):
            raise RouteUnavailable("smpp-throttled", retry_after=_PATIENCE_SECONDS)
        time.sleep(self._pace.delay())

    def _note(self, answer: Pdu) -> None:
        known = self._unanswered.pop(answer.sequence, None)
        if known is None:
            return
        self._answers += 1
        owner, part, _written_at = known
        if answer.status == OK:
            self._throttled_since = None
            self._pace.went_through()
            owner.accepted(part, message_id(answer.body))
        elif answer.status in THROTTLED:
            self._throttled_since = self._throttled_since or time.monotonic()
            self._pace.slow_down()
            owner.give_back(part)
        elif answer.status in ROUTE_REFUSED:
            owner.give_back(part)
            raise RouteUnavailable(code_of(answer.status))
        else:
            owner.refused(answer.status)

    def _lose(self, code: str) -> None:
        """Give up the connection: what was written and not answered may have arrived."""
        if self._unanswered:
            # However many were on their way: it is one loss, not one for each of them.
            self._health.note(Outcome.UNKNOWN)
        for owner, _part, _at in self._unanswered.values():
            owner.lost(code)
        self._unanswered.clear()
        session, self._session = self._session, None
        if session is not None:
            session.drop()
            if not self._answers:
                # Connecting again would most likely end the same way.
                raise RouteUnavailable(code)

    def _read_out(self) -> None:
        """Hear the last answers of a route that closed, then hang up."""
        try:
            while self._unanswered and self._session is not None:
                oldest = next(iter(self._unanswered.values()))[2]
                left = oldest + self._smsc.answer_timeout - time.monotonic()
                answer = self._session.read(max(left, 0.0))
                if answer is None:
                    self._lose("smpp-timeout")
                else:
                    self._note_last(answer)
        except LinkLost as lost:
            with suppress(RouteUnavailable):
                self._lose(lost.code)
        except RouteUnavailable:
            # Known already.
            pass
        self.close()

    def _note_last(self, answer: Pdu) -> None:
        # Each message that was on its way may be told the same.
        with suppress(RouteUnavailable):
            self._note(answer)
