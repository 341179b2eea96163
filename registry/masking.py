"""Values shown in part: enough for their owner to tell them apart, too little for anybody else."""

from __future__ import annotations

import phonenumbers

from registry.models import Channel
from registry.unreadable import Unreadable

DOT = "•"
_SHOWN = 2
# What fits one line of a small phone.
_LONGEST_DOMAIN = 16


def masked_contact(channel: int, value: str) -> str:
    """Return a phone number as "+961 ••••• 56", an e-mail address as "a•••@example.org".

    Words that stand for a value that cannot be read are shown as they are.
    """
    if isinstance(value, Unreadable):
        return value
    return masked_phone(value) if channel == Channel.SMS else masked_email(value)


def masked_phone(number: str) -> str:
    """Return the country code, dots, and the last two digits of an E.164 number."""
    if len(number) <= _SHOWN + 1:
        return DOT * 4
    code = phonenumbers.parse(number).country_code
    hidden = len(number) - len(f"+{code}") - _SHOWN
    return f"+{code} {DOT * max(hidden, 1)} {number[-_SHOWN:]}"


def masked_email(address: str) -> str:
    """Return the first letter, dots, and what stands after the @, of a long domain its end.

    There are always four dots, however many letters they hide.
    """
    local, _, domain = address.rpartition("@")
    if len(domain) > _LONGEST_DOMAIN:
        domain = f"…{domain[-_LONGEST_DOMAIN:]}"
    return f"{local[:1]}{DOT * 4}@{domain}" if domain else DOT * 4


def masked_number(number: str) -> str:
    """Return a document's number as dots and its last two characters."""
    if isinstance(number, Unreadable):
        return number
    return f"{DOT * 4} {number[-_SHOWN:]}" if number else ""
