"""Make the key that backups are sealed for: `manage.py make_recovery_key FILE`."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from encryption import copies


class Command(BaseCommand):
    """Writes the private half to a file and prints the public half."""

    help = __doc__ or ""
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where the private half goes."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run on a machine that is offline; keep the file there and with a second holder."""
        private, public = copies.make_recovery_key()
        try:
            descriptor = os.open(options["file"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        except FileExistsError:
            raise CommandError("this file exists; a recovery key is never overwritten") from None
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(private + "\n")
        self.stdout.write(f"RECOVERY_KEY={public}")
