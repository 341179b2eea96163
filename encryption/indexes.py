"""Blind indexes: search tokens that say nothing about the value without the key."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes, hmac

from encryption.keyring import keyring


def blind_index(purpose: str, value: str, version: int | None = None) -> int:
    """Return a signed 64-bit token of an already normalised value.

    HMAC-SHA256 under a key of its own per purpose ("phone", "email", "passport"),
    cut to 8 bytes. Equal values of one purpose give equal tokens; nothing else
    does, beyond chance (one in 2^64 a pair). Compare the opened value after a hit.
    """
    mac = hmac.HMAC(keyring().derived(f"index|{purpose}", version), hashes.SHA256())
    mac.update(value.encode("utf-8"))
    return int.from_bytes(mac.finalize()[:8], "big", signed=True)
