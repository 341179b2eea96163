"""What every channel promises to the sending loop.

A channel knows two kinds of bad news. What concerns one message is an `Outcome` that is
yielded for it. What concerns the way out itself is `RouteUnavailable`, and it promises that
nothing was sent for any message that was not yielded yet.

Codes are short machine codes such as `smtp-550-5.1.1`. The words a provider adds are thrown
away: they often repeat the address.
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

from notifications.channels.addresses import check_mail_address, check_phone_number

Message_contra = TypeVar("Message_contra", contravariant=True)


class Outcome(enum.Enum):
    """What became of one message."""

    ACCEPTED = "accepted"
    #: This recipient, not now.
    DEFERRED = "deferred"
    #: This recipient, never.
    REFUSED = "refused"
    #: The answer was lost after the message had been written: it may have arrived.
    UNKNOWN = "unknown"
    #: The text was refused; the next recipient of the same text will fare no better.
    MESSAGE_REFUSED = "message-refused"
    #: We were refused (policy, reputation). Says nothing about the recipient.
    SENDER_REFUSED = "sender-refused"


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The outcome of one message, in the order in which messages were asked for."""

    outcome: Outcome
    #: The provider's own id, for matching receipts; empty when it gave none.
    provider_reference: str
    code: str
    #: False when the provider only asked for patience: nobody's attempt is spent.
    spends_attempt: bool = True
    #: The name of the provider it went to; empty where a route has only one.
    provider: str = ""


class RouteUnavailable(Exception):
    """The way out is closed; nothing was sent for the messages not yet yielded.

    `retry_after` is what the provider asked for, in seconds, or None.
    """

    def __init__(self, code: str, *, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after


class WrongRoute(Exception):
    """An exercise was about to leave by a live route, or the reverse."""


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """One e-mail for one recipient.

    `payload` is the whole message with CRLF line ends, not dot-stuffed. An empty
    `envelope_from` is the null sender. Raises UnusableAddress.
    """

    # Personal values stay out of repr(), which ends up in tracebacks.
    recipient: str = field(repr=False)
    message_id: str
    payload: bytes = field(repr=False)
    envelope_from: str

    def __post_init__(self) -> None:
        check_mail_address(self.recipient)
        if self.envelope_from:
            check_mail_address(self.envelope_from)


@dataclass(frozen=True, slots=True)
class OutgoingSms:
    """One SMS, of one or more parts, for one number in E.164. Raises UnusableAddress.

    After `validity_seconds` the network throws the message away instead of delivering it late.
    """

    recipient_e164: str = field(repr=False)
    text: str = field(repr=False)
    reference: str
    validity_seconds: int

    def __post_init__(self) -> None:
        check_phone_number(self.recipient_e164)
        if self.validity_seconds <= 0:
            raise ValueError("validity_seconds must be positive")


class Channel(Protocol[Message_contra]):
    """A way out. Not safe to share between threads; keep one per process.

    `send` yields one HandedOver per message, in order, and asks for the next message only
    when it can write it. At most `window` messages may have left without having been yielded.
    To stop, let the iterable end and read on to the end: then every message that left has an
    outcome. Closing the generator instead may leave up to `window` messages without one; an
    iterable that raises stops at once too.
    """

    @property
    def window(self) -> int: ...

    @property
    def is_exercise(self) -> bool: ...

    def send(
        self, messages: Iterable[Message_contra], *, is_exercise: bool
    ) -> Iterator[HandedOver]: ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class KeptRoute(ABC, Generic[Message_contra]):
    """The part all channels share: of which kind the route is, and that it must match."""

    window = 1

    def __init__(self, *, is_exercise: bool) -> None:
        self._is_exercise = is_exercise
        self._turn = 0

    @property
    def is_exercise(self) -> bool:
        """Whether this route leads to an exercise's own receivers."""
        return self._is_exercise

    def send(
        self, messages: Iterable[Message_contra], *, is_exercise: bool
    ) -> Iterator[HandedOver]:
        """Hand over `messages`; see Channel. Raises WrongRoute, RouteUnavailable."""
        # A kept connection is already open, so the kind is also checked for every batch.
        self.refuse_other_kind(is_exercise)
        return self._in_turn(iter(messages), is_exercise=is_exercise)

    def _in_turn(
        self, messages: Iterator[Message_contra], *, is_exercise: bool
    ) -> Iterator[HandedOver]:
        # A batch that was left early may still lie in some traceback: nothing of it may
        # mix with this one, and its late end may not disturb this one.
        self._abandon_unfinished()
        self._turn += 1
        turn = self._turn
        try:
            for handed_over in self._hand_over(messages, is_exercise=is_exercise):
                yield handed_over
                if turn != self._turn:
                    raise RuntimeError("another batch has begun on this route")
        finally:
            if turn == self._turn:
                self._abandon_unfinished()

    def refuse_other_kind(self, is_exercise: bool) -> None:
        """Raise WrongRoute unless the dispatch is of the route's kind.

        Called wherever a socket is opened, so that no mistake further up can let an
        exercise reach people or hide an alert in an exercise.
        """
        if is_exercise is not self._is_exercise:
            raise WrongRoute("exercise" if is_exercise else "live")

    @abstractmethod
    def _hand_over(
        self, messages: Iterator[Message_contra], *, is_exercise: bool
    ) -> Iterator[HandedOver]: ...

    @abstractmethod
    def _abandon_unfinished(self) -> None:
        """Drop connections on which a message or an answer is under way."""

    @abstractmethod
    def close(self) -> None:
        """Close the connections. The route may be used again and then reconnects."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
