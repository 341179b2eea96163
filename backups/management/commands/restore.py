"""Restore a backup set into an empty database: `manage.py restore --data SET --recovery-key FILE`.

Afterwards nothing serves before `manage.py apply_erasures`.
"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backups import restoring
from backups.contents import DATA, KEYS
from backups.errors import BackupError


class Command(BaseCommand):
    """Fills the database named in the settings from a set, and marks it as restored."""

    help = __doc__ or ""
    # There is no schema yet that could be checked.
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which set, and what opens it."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--data", type=Path, metavar="SET")
        which.add_argument("--keys", type=Path, metavar="SET")
        parser.add_argument("--recovery-key", type=Path, metavar="FILE", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore, and say what is to be done next."""
        kind, folder = (DATA, options["data"]) if options["data"] else (KEYS, options["keys"])
        try:
            secret = options["recovery_key"].read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            raise CommandError("the recovery key cannot be read") from None
        try:
            restored = restoring.restore(kind, folder, secret)
        except BackupError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"{restored.set_name} is restored as of {restored.made_at}: "
            f"{sum(restored.rows.values())} rows.\n"
            f"Now run `manage.py migrate --database {kind.alias}`, `manage.py put_up_walls` and "
            "`manage.py apply_erasures`; until then nothing serves."
        )
