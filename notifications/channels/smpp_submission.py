"""One message on its way through SMPP: its parts, their answers, its outcome."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from notifications.channels.protocol import HandedOver, Outcome, OutgoingSms
from notifications.channels.smpp_statuses import code_of, outcome_of
from notifications.channels.smpp_wire import (
    DEFAULT_ALPHABET,
    UCS2,
    relative_validity,
    submit_body,
)
from notifications.channels.sms_octets import Place, gsm_octets, part_header, ucs2_octets
from notifications.segmenting import Encoding, segment


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The body of one submit_sm."""

    body: bytes = field(repr=False)
    #: Receipts for this part speak for the message.
    is_last: bool


class Submission:
    """A message of one or more parts; not settled until each part has an answer."""

    def __init__(self, parts: list[Part], failure: HandedOver | None = None) -> None:
        self._unwritten = deque(parts)
        self._written = 0
        self._accepted = 0
        self._reference = ""
        self._failure = failure

    @property
    def unwritten(self) -> bool:
        """Whether a part is to be written, first or again."""
        return bool(self._unwritten) and self._failure is None

    @property
    def is_settled(self) -> bool:
        """Whether nothing more is to be written or answered."""
        return self._written == 0 and not self.unwritten

    @property
    def has_left_nothing(self) -> bool:
        """Whether no part can have reached anybody."""
        return self._written == 0 and self._accepted == 0 and self._failure is None

    def take_unwritten(self) -> list[Part]:
        """Return the parts to write now; they count as written."""
        parts = list(self._unwritten)
        self._unwritten.clear()
        self._written += len(parts)
        return parts

    def give_back(self, part: Part) -> None:
        """A part did not leave, or was sent away unread."""
        self._written -= 1
        self._unwritten.append(part)

    def accepted(self, part: Part, reference: str) -> None:
        """The SMSC took a part."""
        self._written -= 1
        self._accepted += 1
        if part.is_last:
            self._reference = reference

    def refused(self, status: int) -> None:
        """The SMSC refused a part."""
        self._written -= 1
        self._fail(HandedOver(outcome_of(status), "", code_of(status)))

    def lost(self, code: str) -> None:
        """The connection went before a part was answered."""
        self._written -= 1
        self._fail(HandedOver(Outcome.UNKNOWN, "", f"{code}-after-submit"))

    def _fail(self, failure: HandedOver) -> None:
        # A lost part may have arrived, and that outweighs what became of the others.
        if self._failure is None or failure.outcome is Outcome.UNKNOWN:
            self._failure = failure

    def result(self) -> HandedOver:
        """Return the outcome of the whole."""
        failure = self._failure
        if failure is None:
            return HandedOver(Outcome.ACCEPTED, self._reference, code_of(0))
        if self._accepted and failure.outcome is Outcome.DEFERRED:
            # Sending all of it again repeats what was taken: that is bounded like a lost answer.
            return HandedOver(Outcome.UNKNOWN, "", f"{failure.code}-in-part")
        return failure

    def put_off(self, code: str) -> HandedOver:
        """Return the outcome of a message the closing route left behind."""
        if self._accepted:
            return HandedOver(Outcome.UNKNOWN, "", f"{code}-in-part")
        return HandedOver(Outcome.DEFERRED, "", code, spends_attempt=False)


def submission(message: OutgoingSms, *, source: bytes, group: int) -> Submission:
    """Cut a message into parts with explicit headers, so that no gateway cuts it elsewhere."""
    cut = segment(message.text)
    is_gsm = cut.encoding is Encoding.GSM7
    if not 0 < len(cut.parts) < 256:
        return Submission([], HandedOver(Outcome.MESSAGE_REFUSED, "", "smpp-length"))
    validity = relative_validity(message.validity_seconds)
    count = len(cut.parts)
    parts = []
    for number, text in enumerate(cut.parts, start=1):
        octets = gsm_octets(text) if is_gsm else ucs2_octets(text)
        if count > 1:
            octets = part_header(Place(group, number, count)) + octets
        parts.append(
            Part(
                submit_body(
                    source=source,
                    number_e164=message.recipient_e164,
                    octets=octets,
                    data_coding=DEFAULT_ALPHABET if is_gsm else UCS2,
                    has_header=count > 1,
                    validity=validity,
                    wants_receipt=number == count,
                ),
                is_last=number == count,
            )
        )
    return Submission(parts)
