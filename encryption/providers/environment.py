"""Keys in an environment variable: for developers only.

Environments are inherited by every child, printed by crash reports and readable under
/proc, so production refuses this.
"""

from __future__ import annotations

import os

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from encryption.keysets import KeySet, Place, parse_key_set


class EnvironmentProvider:
    """`environment:NAME`."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def load(self) -> KeySet:
        """Return the key set."""
        setting = self._place.setting
        if settings.IS_PRODUCTION:
            raise ImproperlyConfigured(f"{setting} must not be an environment variable's keys")
        return parse_key_set(setting, os.environ.get(self._place.path, ""))
