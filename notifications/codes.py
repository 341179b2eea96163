"""The short code in every message of the ministry, by which anybody can check that it is real."""

from __future__ import annotations

import re
import secrets

from entry.cleaning import ascii_digits

# Digits and letters nobody mixes up, on paper or on the phone (Crockford's base 32).
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
_MISREAD = str.maketrans("OIL", "011")
_SEPARATORS = re.compile(r"[\s\-‐-―_.]+")


def new_code() -> str:
    """Return a new code: one of a million million, so that nobody guesses one."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def spelled(code: str) -> str:
    """Return a code as messages show it: "7K3M-9QRT"."""
    return f"{code[:4]}-{code[4:]}"


def read_code(text: str) -> str | None:
    """Return the code somebody typed, in any usual spelling; None when it cannot be one."""
    code = _SEPARATORS.sub("", ascii_digits(text)).upper().translate(_MISREAD)
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None
