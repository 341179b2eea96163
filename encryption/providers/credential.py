"""Keys handed over by systemd (LoadCredentialEncrypted=) or as a Docker secret.

Both put the file where no other service can look, so its mode is not judged: Docker's is
0444 by design.
"""

from __future__ import annotations

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from encryption.keysets import KeySet, Place, parse_key_set

DOCKER_SECRETS = Path("/run/secrets")


class CredentialProvider:
    """`credential:name`: in $CREDENTIALS_DIRECTORY when systemd sets it, else in /run/secrets."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def load(self) -> KeySet:
        """Return the key set."""
        setting, name = self._place.setting, self._place.path
        if not name or "/" in name or name.startswith("."):
            raise ImproperlyConfigured(f"{setting}: a credential is named without its folder")
        folder = Path(os.environ.get("CREDENTIALS_DIRECTORY") or DOCKER_SECRETS)
        try:
            text = (folder / name).read_text(encoding="utf-8")
        except OSError as error:
            raise ImproperlyConfigured(
                f"{setting}: the credential cannot be read: {error.strerror}"
            ) from error
        return parse_key_set(setting, text)
