"""Plain and keyed digests for apps that must not touch cryptography themselves."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from cryptography.hazmat.primitives import hashes, hmac

from encryption.keyring import keyring


def sha256_hex(text: str) -> str:
    """Return the SHA-256 of UTF-8 text in 64 lower-case hex digits."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(text.encode("utf-8"))
    return digest.finalize().hex()


def keyed_hex(purpose: str, text: str) -> str:
    """Return 32 hex digits that name a text to us and tell nobody else what it was.

    For rate-limit counters and for the audit trail of searches.
    """
    mac = hmac.HMAC(keyring().derived(f"digest|{purpose}"), hashes.SHA256())
    mac.update(text.encode("utf-8"))
    return mac.finalize()[:16].hex()


def form_signature(secret: str, url: str, form: Mapping[str, str]) -> str:
    """Return the signature providers in Twilio's manner put on a form: base64 of HMAC-SHA1."""
    # SHA-1 is theirs to choose; in an HMAC its collisions do not matter.
    mac = hmac.HMAC(secret.encode("utf-8"), hashes.SHA1())  # noqa: S303
    mac.update((url + "".join(name + form[name] for name in sorted(form))).encode("utf-8"))
    return base64.b64encode(mac.finalize()).decode("ascii")
