"""The keys of this installation: loaded once per process, kept in memory only.

Two independent sets exist. *Sealing keys* wrap the data key of each person;
*index keys* turn a normalised phone number into a search token. Neither is
derived from the other, so that one can be rotated, or kept from a host,
without the other (docs/sealing.md).
"""

from __future__ import annotations

import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from encryption.keysets import KEY_BYTES, KeySet, SealError
from encryption.providers import provider

__all__ = ["KEY_BYTES", "NONCE_BYTES", "Erased", "Keyring", "SealError", "keyring"]

NONCE_BYTES = 12


class Erased(LookupError):
    """The key of this person has been destroyed: nothing of theirs can be read."""


def _derive(key: bytes, purpose: str) -> bytes:
    info = b"registry|" + purpose.encode()
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=info).derive(key)


class Keyring:
    """The loaded keys and the few operations on them that others may use."""

    def __init__(self, sealing: KeySet, index: KeySet) -> None:
        self._sealing = sealing
        self._index = index
        if set(self._sealing.keys.values()) & set(self._index.keys.values()):
            raise ImproperlyConfigured("a key is used both for sealing and for indexes")
        self._derived: dict[tuple[str, int], bytes] = {}
        self._wrappers = {version: AESGCM(key) for version, key in sealing.keys.items()}

    @property
    def sealing_version(self) -> int:
        """The version under which new data keys are wrapped."""
        return self._sealing.active

    @property
    def sealing_versions(self) -> list[int]:
        """Every loaded sealing version."""
        return sorted(self._sealing.keys)

    @property
    def index_version(self) -> int:
        """The version with which new search tokens are made."""
        return self._index.active

    @property
    def index_versions(self) -> list[int]:
        """Every loaded index version, the active one first."""
        return sorted(self._index.keys, key=lambda version: version != self._index.active)

    def wrap(self, data_key: bytes, context: bytes) -> tuple[int, bytes]:
        """Seal a data key under the active sealing key: (version, nonce + ciphertext + tag)."""
        version = self._sealing.active
        nonce = os.urandom(NONCE_BYTES)
        aad = b"%b|%d" % (context, version)
        return version, nonce + self._wrappers[version].encrypt(nonce, data_key, aad)

    def unwrap(self, version: int, wrapped: bytes, context: bytes) -> bytes:
        """Open a wrapped data key; raises SealError when it was altered or moved."""
        wrapper = self._wrappers.get(version)
        if wrapper is None:
            raise SealError(f"key version {version} is not loaded")
        try:
            return wrapper.decrypt(
                wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], b"%b|%d" % (context, version)
            )
        except (InvalidTag, ValueError):
            raise SealError("a wrapped key does not belong to its row") from None

    def derived(self, purpose: str, version: int | None = None) -> bytes:
        """Return the 32-byte key of one purpose, derived from an index key by HKDF-SHA256."""
        version = self._index.active if version is None else version
        cached = self._derived.get((purpose, version))
        if cached is None:
            cached = self._derived[purpose, version] = _derive(self._index.key(version), purpose)
        return cached

    def seal_for_system(self, purpose: str, data: bytes) -> bytes:
        """Seal something that belongs to no person: version(2) + nonce(12) + ciphertext + tag."""
        version = self._sealing.active
        nonce = os.urandom(NONCE_BYTES)
        cipher = AESGCM(_derive(self._sealing.key(version), f"system|{purpose}"))
        return version.to_bytes(2, "big") + nonce + cipher.encrypt(nonce, data, purpose.encode())

    def open_for_system(self, purpose: str, sealed: bytes) -> bytes:
        """Undo `seal_for_system`; raises SealError when altered."""
        version = int.from_bytes(sealed[:2], "big")
        cipher = AESGCM(_derive(self._sealing.key(version), f"system|{purpose}"))
        try:
            return cipher.decrypt(sealed[2:14], sealed[14:], purpose.encode())
        except (InvalidTag, ValueError):
            raise SealError("a sealed value does not belong where it was found") from None

    def fingerprints(self) -> dict[str, str]:
        """Return a short name for every loaded key, which tells nothing about the key.

        The database keeps them, so that a wrong key is refused at start and not
        met later as a million unreadable people.
        """
        found = {}
        for kind, keyset in (("sealing", self._sealing), ("index", self._index)):
            for version, key in keyset.keys.items():
                mac = hmac.HMAC(key, hashes.SHA256())
                mac.update(b"registry|fingerprint|" + kind.encode())
                found[f"{kind}:{version}"] = mac.finalize()[:8].hex()
        return found


@lru_cache(maxsize=1)
def keyring() -> Keyring:
    """Return the keyring of this process, loading it at the first call.

    That is the one moment a key server is asked.
    """
    return Keyring(
        provider("SEALING_KEYS", settings.SEALING_KEYS).load(),
        provider("INDEX_KEYS", settings.INDEX_KEYS).load(),
    )
