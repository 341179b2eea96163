"""Sealing backups to somebody who is not there: a recovery key that is kept offline.

The host that makes a backup holds the public half only and cannot open what it made.
A random key per file is sealed with HPKE (RFC 9180: X25519, HKDF-SHA256, AES-256-GCM);
the content follows in chunks under AES-256-GCM. A chunk's nonce holds its number and
whether it is the last, so none can be cut off, moved or repeated. The name of the file is
bound to its key: two files, or files of two sets, cannot change places.

    "registry-copy-1\\n" · sealed key 80 · chunks of 1 MiB + tag 16, the last one shorter
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from encryption.keyring import KEY_BYTES, SealError, keyring

_MAGIC = b"registry-copy-1\n"
_SEALED_KEY_BYTES = 80
_TAG_BYTES = 16
_CHUNK = 1024 * 1024
_PUBLIC, _PRIVATE = "registry-recovery-", "registry-recovery-secret-"


class NotARecoveryKey(ValueError):
    """A text is no recovery key, or the other half of one."""


def make_recovery_key() -> tuple[str, str]:
    """Return a new key as (private half, public half), each one line of text."""
    key = X25519PrivateKey.generate()
    public = _PUBLIC + base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).decode()
    return _PRIVATE + base64.urlsafe_b64encode(key.private_bytes_raw()).decode(), public


def seal_copy(recovery_key: str, name: str, source: IO[bytes], target: IO[bytes]) -> None:
    """Seal a stream for the holder of a recovery key's private half.

    Raises NotARecoveryKey.
    """
    recipient = X25519PublicKey.from_public_bytes(_raw(recovery_key, _PUBLIC))
    raw = os.urandom(KEY_BYTES)
    target.write(_MAGIC)
    target.write(_suite().encrypt(raw, recipient, info=_info(name)))
    cipher = AESGCM(raw)
    number, chunk = 0, source.read(_CHUNK)
    while True:
        following = source.read(_CHUNK) if chunk else b""
        target.write(cipher.encrypt(_nonce(number, is_last=not following), chunk, None))
        if not following:
            return
        number, chunk = number + 1, following


def open_copy(secret: str, name: str, source: IO[bytes]) -> Iterator[bytes]:
    """Yield the content of a sealed stream, chunk by chunk.

    Raises NotARecoveryKey, and SealError when the stream was altered, cut, sealed for
    somebody else or has another name.
    """
    key = X25519PrivateKey.from_private_bytes(_raw(secret, _PRIVATE))
    if source.read(len(_MAGIC)) != _MAGIC:
        raise SealError("not a sealed copy")
    try:
        raw = _suite().decrypt(source.read(_SEALED_KEY_BYTES), key, info=_info(name))
    except (InvalidTag, ValueError):
        raise SealError("a copy was sealed for another recovery key, or altered") from None
    cipher = AESGCM(raw)
    number, chunk = 0, source.read(_CHUNK + _TAG_BYTES)
    while True:
        following = source.read(_CHUNK + _TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(number, is_last=not following), chunk, None)
        except (InvalidTag, ValueError):
            raise SealError("a copy was altered or cut") from None
        if not following:
            return
        number, chunk = number + 1, following


def digest_of(source: IO[bytes]) -> str:
    """Return the SHA-256 of a stream in hex digits."""
    digest = hashes.Hash(hashes.SHA256())
    while data := source.read(_CHUNK):
        digest.update(data)
    return digest.finalize().hex()


def stamp(purpose: str, content: bytes) -> str:
    """Return a text that proves that this installation wrote the content."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(content)
    sealed = keyring().seal_for_system(f"stamp|{purpose}", digest.finalize())
    return base64.b64encode(sealed).decode()


def is_stamped(purpose: str, content: bytes, text: str) -> bool:
    """Tell whether `stamp` made this text for this content, here, with keys still loaded."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(content)
    try:
        sealed = base64.b64decode(text, validate=True)
        return keyring().open_for_system(f"stamp|{purpose}", sealed) == digest.finalize()
    except (SealError, binascii.Error):
        return False


def _suite() -> Suite:
    return Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def _info(name: str) -> bytes:
    return b"registry|copy|" + name.encode()


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes((is_last,))


def _raw(text: str, kind: str) -> bytes:
    text = text.strip()
    try:
        raw = base64.urlsafe_b64decode(text.removeprefix(kind))
    except (binascii.Error, ValueError):
        raw = b""
    # The private half begins like the public one and is longer.
    if not text.startswith(kind) or len(raw) != KEY_BYTES:
        raise NotARecoveryKey("this is not the half of a recovery key that is needed here")
    return raw
