"""Back up one database: `manage.py back_up --data FOLDER` or `--keys FOLDER`."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backups import making
from backups.contents import DATA, KEYS
from backups.errors import BackupError


class Command(BaseCommand):
    """Writes a sealed set; the two databases never share one, nor a folder."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which database, and where to."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--data", type=Path, metavar="FOLDER")
        which.add_argument("--keys", type=Path, metavar="FOLDER")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the set and say what is in it."""
        if not settings.RECOVERY_KEY:
            raise CommandError("RECOVERY_KEY is empty; see `manage.py make_recovery_key`")
        kind, folder = (DATA, options["data"]) if options["data"] else (KEYS, options["keys"])
        try:
            made = making.back_up(kind, folder, settings.RECOVERY_KEY)
        except BackupError as error:
            raise CommandError(str(error)) from None
        size = sum(piece.bytes for piece in made.pieces)
        self.stdout.write(
            f"{made.set_name}: {sum(made.rows.values())} rows of {len(made.rows)} tables, "
            f"{size} bytes, {made.erasures} erasures known"
        )
        if making.on_one_server():
            self.stderr.write(
                "Both databases are on one server: its physical backups and write-ahead log "
                "hold keys and data together, and erasures are final only when those are gone."
            )
