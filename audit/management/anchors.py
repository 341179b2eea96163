"""Reading the file that keeps the seals outside."""

from __future__ import annotations

from pathlib import Path

from django.core.management.base import CommandError

from audit.verifying import Anchored


def read_anchors(path: Path) -> list[Anchored]:
    """Return the seals a file holds; none if there is no file. Raises CommandError if spoilt."""
    if not path.exists():
        return []
    try:
        return [Anchored.read(line) for line in path.read_text("utf-8").splitlines()]
    except ValueError as wrong:
        raise CommandError("This is not an anchor file, or it is damaged.") from wrong
