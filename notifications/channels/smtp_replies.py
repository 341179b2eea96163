"""SMTP replies: parsing them, and what each means for one message (RFC 5321, RFC 3463)."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from functools import lru_cache

from notifications.channels.protocol import HandedOver, Outcome

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(rb"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?: |$)")
# Queue ids as Postfix ("queued as 4F2B") and Exim ("id=1rXyz-0001") give them; nothing else
# of a server's words is kept.
_QUEUE_ID = re.compile(rb"(?:\bqueued as |\bid=)([0-9A-Za-z.-]{4,64})(?![0-9A-Za-z.@-])")


class Stage(enum.Enum):
    """Which command a reply answers."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    DATA = "data"
    PAYLOAD = "payload"


class RouteRefused(Exception):
    """The reply concerns the way out, not this message. Nothing was accepted."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply: its code, its enhanced status ("5.1.1" or ""), its lines."""

    code: int
    enhanced: str
    lines: tuple[bytes, ...] = field(repr=False)

    @property
    def machine_code(self) -> str:
        """`smtp-550-5.1.1`, or `smtp-550` without an enhanced status."""
        return f"smtp-{self.code}-{self.enhanced}" if self.enhanced else f"smtp-{self.code}"

    @property
    def queue_id(self) -> str:
        """The server's queue id, or an empty string."""
        found = _QUEUE_ID.search(self.lines[-1])
        return found.group(1).decode("ascii") if found else ""


def parse_line(line: bytes) -> tuple[int, bool, bytes] | None:
    """Return (code, is the last line, text) of a reply line without its CRLF, None if garbled."""
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    return int(found.group(1)), found.group(2) != b"-", found.group(3) or b""


@lru_cache(maxsize=256)
def short_reply(line: bytes) -> Reply | None:
    """Return the reply that one short line is; None unless it is one by itself.

    A server says the same few lines again and again, so each is read once.
    """
    parsed = parse_line(line)
    if parsed is None or not parsed[1]:
        return None
    return reply_of(parsed[0], [parsed[2]])


def reply_of(code: int, lines: list[bytes]) -> Reply:
    """Build a Reply; the enhanced status counts only if its class fits the code."""
    found = _ENHANCED.match(lines[-1])
    enhanced = found.group(1).decode("ascii") if found else ""
    if enhanced[:1] != str(code)[0]:
        enhanced = ""
    return Reply(code, enhanced, tuple(lines))


def is_go_ahead(stage: Stage, reply: Reply) -> bool:
    """Whether the reply lets the message go on."""
    if stage is Stage.DATA:
        return reply.code == 354
    # 251 and 252: the server forwards, or cannot verify but will try.
    return reply.code in ((250, 251, 252) if stage is Stage.RECIPIENT else (250,))


def outcome_of(stage: Stage, reply: Reply) -> HandedOver:
    """Return what a refusal at this stage means for the message. Raises RouteRefused."""
    return HandedOver(_blame(stage, reply), "", reply.machine_code)


def _blame(stage: Stage, reply: Reply) -> Outcome:
    code = reply.code
    _, _, status = reply.enhanced.partition(".")
    subject = status.partition(".")[0]
    if code < 400 or code in (500, 502, 503, 504, 530, 534, 535, 538):
        # We do not understand each other, or have to sign in: every message would meet this.
        raise RouteRefused(reply.machine_code)
    if code < 500:
        if stage is Stage.SENDER and subject == "3":
            # The mail system itself (full disk, shutting down); no attempt of anybody's is spent.
            raise RouteRefused(reply.machine_code)
        return Outcome.DEFERRED
    if status == "2.2":
        # A full mailbox: the same answer as 452, whatever the first digit says.
        return Outcome.DEFERRED
    if subject == "6" or status in ("3.4", "2.3"):
        return Outcome.MESSAGE_REFUSED
    if subject == "7":
        return Outcome.SENDER_REFUSED
    if stage is Stage.SENDER:
        return Outcome.MESSAGE_REFUSED if code == 552 else Outcome.SENDER_REFUSED
    if subject in ("1", "2"):
        return Outcome.REFUSED
    if code == 552:
        # Too much storage: at RCPT it is to be read as 452 (RFC 5321, 4.5.3.1.10).
        return Outcome.DEFERRED if stage is Stage.RECIPIENT else Outcome.MESSAGE_REFUSED
    if stage is Stage.RECIPIENT and code != 554:
        return Outcome.REFUSED
    # 550 after the text, 554 anywhere: filters and reputation, not the person's address.
    return Outcome.SENDER_REFUSED
