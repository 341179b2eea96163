"""Unguessable names for rows: in links, codes and cookies.

Nothing is stored for them. A reference is the row's number put through one AES
block together with zeros: without the key it is random, and a made-up one has
the zeros right with a chance of 2^-64. A one-time code is a keyed digest of the
row's identifier, so that a message sent twice carries the same code.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from cryptography.hazmat.primitives import constant_time, hashes, hmac
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


def seal_references(kind: str, numbers: Sequence[int]) -> list[str]:
    """Return the references of many row numbers, in order, in one pass of the cipher."""
    encryptor = _cipher(kind, keyring().index_version).encryptor()
    zeros = bytes(8)
    blocks = encryptor.update(b"".join(n.to_bytes(8, "big") + zeros for n in numbers))
    encode = base64.urlsafe_b64encode
    # 16 bytes are 24 letters, of which the last two say only that there were 16.
    return [
        encode(blocks[at : at + 16])[:REFERENCE_LENGTH].decode("ascii")
        for at in range(0, len(blocks), 16)
    ]


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


def one_time_code(kind: str, identifier: str, digits: int = 10, version: int | None = None) -> str:
    """Return the decimal code that belongs to an identifier; the same at every call."""
    mac = hmac.HMAC(keyring().derived(f"code|{kind}", version), hashes.SHA256())
    mac.update(identifier.encode("utf-8"))
    return str(int.from_bytes(mac.finalize()[:16], "big") % 10**digits).zfill(digits)


def is_one_time_code(kind: str, identifier: str, code: str, digits: int = 10) -> bool:
    """Tell whether a code belongs to an identifier, under any loaded version of the keys.

    A code that was sent before the keys were turned still works after.
    """
    right = [
        one_time_code(kind, identifier, digits, version) for version in keyring().index_versions
    ]
    # Every version is compared, so that the time does not tell which was near.
    return sum(constant_time.bytes_eq(known.encode(), code.encode()) for known in right) > 0
