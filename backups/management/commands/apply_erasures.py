"""Erase again whoever was erased since a restored backup: `manage.py apply_erasures`."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backups import applying
from backups.errors import BackupError


class Command(BaseCommand):
    """Repeats erasures, makes search tokens anew and allows serving."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Journal files written beside later backups."""
        parser.add_argument("--journal", type=Path, action="append", default=[], metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        """Apply, and say what was done."""
        try:
            applied = applying.apply_erasures(options["journal"])
        except BackupError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"{applied.people_erased} people erased again, {applied.keys_destroyed} keys "
            f"destroyed again, {applied.tokens_made} values can be searched for again."
        )
        if applied.unreadable:
            self.stderr.write(
                f"{applied.unreadable} people cannot be read although nobody erased them: "
                "the keys are older than the data. A newer key backup would bring them back."
            )
