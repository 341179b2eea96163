"""Keys in a secret file that nobody but its owner may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from encryption.keysets import KeySet, Place, parse_key_set

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read_private(setting: str, path: Path) -> str:
    """Return the text of a file only its owner may read or write.

    Raises ImproperlyConfigured when others may, when it belongs to somebody who is neither
    us nor root, or when it is no regular file.
    """
    try:
        # Opened first, judged afterwards: what was judged is what is read.
        with open(path, encoding="utf-8", opener=_without_following) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise ImproperlyConfigured(f"{setting}: the key file is no regular file")
            if found.st_mode & _OTHERS:
                raise ImproperlyConfigured(f"{setting}: others may read the key file; chmod 0400")
            if found.st_uid not in {os.geteuid(), 0}:
                raise ImproperlyConfigured(f"{setting}: the key file belongs to somebody else")
            return file.read().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{setting}: the key file cannot be read: {error.strerror}"
        ) from error


def _without_following(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC)


def write_private(path: Path, text: str) -> None:
    """Put a file of mode 0400 in place at once: whoever reads sees the old or the new."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


class FileProvider:
    """`file:/path`."""

    def __init__(self, place: Place) -> None:
        self._place = place

    @property
    def path(self) -> Path:
        """Where the keys are."""
        return Path(self._place.path)

    def load(self) -> KeySet:
        """Return the key set."""
        setting = self._place.setting
        return parse_key_set(setting, read_private(setting, self.path))
