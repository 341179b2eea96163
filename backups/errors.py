"""What can go wrong with backups, in sentences for an operator."""

from __future__ import annotations


class BackupError(Exception):
    """A backup could not be made, read or restored; says why, and holds nobody's values."""
