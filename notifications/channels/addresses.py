"""Exactly one recipient: an address that could be read as two never reaches a socket."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_MAX_ADDRESS_OCTETS = 254
_MAX_LOCAL_OCTETS = 64
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_ASCII_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\x80-\U0010ffff-]+")
# What separates, groups, quotes or comments addresses.
_SEPARATORS = frozenset(',;:<>()[]"\\')


class UnusableAddress(ValueError):
    """The text is not an address we write to. The message never repeats it."""


class TwoRecipients(UnusableAddress):
    """The text could be read as more than one recipient."""


@lru_cache(maxsize=256)
def check_mail_address(address: str) -> str:
    """Return the address as it is written on the wire, its domain in ASCII.

    The local part may be in any script (SMTPUTF8). Raises TwoRecipients or UnusableAddress.
    An address is checked at every door it passes; the last few answers are remembered.
    """
    if _ASCII_ADDRESS.fullmatch(address) and len(address) <= _MAX_ADDRESS_OCTETS:
        return address
    if len(address) > _MAX_ADDRESS_OCTETS:
        raise UnusableAddress("not an e-mail address")
    # Full-width forms of the separators count as separators: a server may normalise.
    folded = unicodedata.normalize("NFKC", address)
    if (
        folded.count("@") > 1
        or any(character in _SEPARATORS or character.isspace() for character in folded)
        or not address.isprintable()
    ):
        raise TwoRecipients("not exactly one e-mail address")
    local, at, domain = address.rpartition("@")
    wire = f"{local}@{_ascii_domain(domain)}"
    if (
        not at
        or not _LOCAL.fullmatch(local)
        or len(local.encode()) > _MAX_LOCAL_OCTETS
        or len(wire.encode()) > _MAX_ADDRESS_OCTETS
    ):
        raise UnusableAddress("not an e-mail address")
    return wire


def _ascii_domain(domain: str) -> str:
    try:
        encoded = domain.encode("idna").decode("ascii")
    except UnicodeError:
        encoded = ""
    # Checked after the mapping, which can turn look-alikes into separators.
    if not _ASCII_ADDRESS.fullmatch(f"x@{encoded}"):
        raise UnusableAddress("not a domain")
    return encoded


def check_phone_number(number: str) -> str:
    """Return the number, in E.164 with its plus sign. Raises TwoRecipients or UnusableAddress."""
    if _PHONE.fullmatch(number):
        return number
    if number.count("+") > 1 or any(
        character in _SEPARATORS or character.isspace() for character in number
    ):
        raise TwoRecipients("not exactly one telephone number")
    raise UnusableAddress("not a telephone number in E.164")
