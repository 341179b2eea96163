"""One running demo per checkout."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from demo.errors import DemoError


class Lock:
    """Held by the running demo; the system frees it however the process ends."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._file = -1

    def take(self) -> None:
        """Take the lock. Raises DemoError that says who has it and where its pages are."""
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            said = self._path.read_text(encoding="utf-8").strip()
            os.close(self._file)
            raise DemoError(
                f"The demo already runs in this checkout{f' ({said})' if said else ''}. "
                "End it with Ctrl-C in its window, or start another in a second clone."
            ) from error

    def say(self, text: str) -> None:
        """Leave a word for whoever finds the lock taken."""
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, text.encode(), 0)

    def release(self) -> None:
        """Let the next one in."""
        self.say("")
        os.close(self._file)
