"""Refusing to start with keys that are not the ones the data was sealed with."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from encryption.keyring import keyring
from encryption.models import KeyFingerprint
from encryption.routing import KEY_STORE


def verify_keys() -> None:
    """Compare the loaded keys with those known; remember new versions.

    Raises ImproperlyConfigured when a version is known under another key.
    """
    loaded = keyring().fingerprints()
    with transaction.atomic(using=KEY_STORE):
        for key, fingerprint in loaded.items():
            row, _ = KeyFingerprint.objects.get_or_create(
                key=key, defaults={"fingerprint": fingerprint}
            )
            if row.fingerprint != fingerprint:
                raise ImproperlyConfigured(
                    f"the key {key} is not the one this installation was sealed with"
                )
