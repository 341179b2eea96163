"""Unguessable names for rows: in links, codes and cookies.

Nothing is stored for them. A reference is the row's number put through one AES
block together with zeros: without the key it is random, and a made-up one has
the zeros right with a chance of 2^-64. A one-time code is a keyed digest of the
row's identifier, so that a message sent twice carries the same code.
"""

from __future__ import annotations

import base64
import binascii

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from encryption.keyring import keyring

REFERENCE_LENGTH = 22


def _cipher(kind: str, version: int) -> Cipher[modes.ECB]:
    # ECB of exactly one block is the bare permutation, which is what is wanted here.
    key = keyring().derived(f"reference|{kind}", version)
    return Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305


def seal_reference(kind: str, number: int) -> str:
    """Return 22 URL-safe letters for a row number of up to 63 bits."""
    encryptor = _cipher(kind, keyring().index_version).encryptor()
    block = encryptor.update(number.to_bytes(8, "big") + bytes(8)) + encryptor.finalize()
    return base64.urlsafe_b64encode(block).decode("ascii").rstrip("=")


def open_reference(kind: str, reference: str) -> int | None:
    """Return the row number, or None for anything this installation did not make."""
    if len(reference) != REFERENCE_LENGTH:
        return None
    try:
        block = base64.b64decode(reference + "==", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    for version in keyring().index_versions:
        decryptor = _cipher(kind, version).decryptor()
        plain = decryptor.update(block) + decryptor.finalize()
        if plain[8:] == bytes(8):
            return int.from_bytes(plain[:8], "big")
    return None


def one_time_code(kind: str, identifier: str, digits: int = 10) -> str:
    """Return the decimal code that belongs to an identifier; the same at every call."""
    mac = hmac.HMAC(keyring().derived(f"code|{kind}"), hashes.SHA256())
    mac.update(identifier.encode("utf-8"))
    return str(int.from_bytes(mac.finalize()[:16], "big") % 10**digits).zfill(digits)
