"""Turning keys in a test: another version is loaded, made active, let go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.test import override_settings

from encryption.keyring import keyring
from encryption.keysets import KeySet, parse_key_set


class Keys:
    """One key set of this process, as a setting holds it."""

    def __init__(self, setting: str) -> None:
        from django.conf import settings

        self.setting = setting
        self.keyset = parse_key_set(setting, getattr(settings, setting))

    def use(self, keyset: KeySet) -> None:
        """Let this process have started with these keys."""
        from django.conf import settings

        self.keyset = keyset
        setattr(settings, self.setting, keyset.as_text())
        keyring.cache_clear()

    def turn(self) -> int:
        """Add a version and make it active; return its number."""
        fresh = self.keyset.with_new_key()
        self.use(fresh.with_active(max(fresh.keys)))
        return self.keyset.active


@contextmanager
def own_keys() -> Iterator[tuple[Keys, Keys]]:
    """Give (sealing keys, index keys) of this process that a test may turn."""
    from django.conf import settings

    with override_settings(SEALING_KEYS=settings.SEALING_KEYS, INDEX_KEYS=settings.INDEX_KEYS):
        yield Keys("SEALING_KEYS"), Keys("INDEX_KEYS")
    keyring.cache_clear()
