"""What the SMSC's answer to a submit_sm means for one message (SMPP 3.4, 5.1.3)."""

from __future__ import annotations

from notifications.channels.protocol import Outcome

OK = 0x00
# "Too fast" and "my queue is full": it looked at nothing but the clock.
THROTTLED = frozenset({0x14, 0x58})
# We are not, or no longer, allowed to speak at all: every message would meet this.
ROUTE_REFUSED = frozenset({0x04, 0x05, 0x0D, 0x0E, 0x0F})
#: What stands for "it never answered".
NO_ANSWER = -1

_OUTCOMES = {
    # System error: it may have happened after the message was kept.
    0x08: Outcome.UNKNOWN,
    0xFF: Outcome.UNKNOWN,
    0x0B: Outcome.REFUSED,
    0x33: Outcome.REFUSED,
    0x50: Outcome.REFUSED,
    0x51: Outcome.REFUSED,
    0x65: Outcome.REFUSED,
    0x45: Outcome.DEFERRED,
    0x64: Outcome.DEFERRED,
    0xFE: Outcome.DEFERRED,
    0x01: Outcome.MESSAGE_REFUSED,
    0x06: Outcome.MESSAGE_REFUSED,
    0x07: Outcome.MESSAGE_REFUSED,
    0x43: Outcome.MESSAGE_REFUSED,
    0x62: Outcome.MESSAGE_REFUSED,
    0xC2: Outcome.MESSAGE_REFUSED,
    0xC4: Outcome.MESSAGE_REFUSED,
}


def outcome_of(status: int) -> Outcome:
    """Return the outcome of any status but OK, THROTTLED and ROUTE_REFUSED."""
    # The rest is about us: sender address, permissions, contract, a maker's own codes.
    return _OUTCOMES.get(status, Outcome.SENDER_REFUSED)


def code_of(status: int) -> str:
    """Return the machine code: smpp-0x0b."""
    return f"smpp-0x{status:02x}"
