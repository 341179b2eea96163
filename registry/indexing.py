"""The blind index tokens of contact points and passports."""

from __future__ import annotations

from encryption.indexes import blind_index
from registry.models import Channel

LAST_DIGITS = 7


def contact_token(channel: Channel, value: str) -> int:
    """Return the token of a normalised phone number (E.164) or e-mail address.

    Capitals in an address do not count: phones put them where nobody meant them. A
    message still goes to the address as its owner wrote it.
    """
    if channel == Channel.SMS:
        return blind_index("phone", value)
    return blind_index("email", value.lower())


def last_digits_token(channel: Channel, value: str) -> int | None:
    """Return the token of a phone number's last seven digits; None for e-mail."""
    if channel != Channel.SMS:
        return None
    return blind_index("phone-last7", value[-LAST_DIGITS:])


def passport_token(number: str) -> int | None:
    """Return the token of a normalised passport number; None when there is none."""
    return blind_index("passport", number) if number else None
