"""Prove that the record is as it was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.management.anchors import read_anchors
from audit.models import Seal
from audit.verifying import verify_record


class Command(BaseCommand):
    """`manage.py verify_record --anchor FILE`. Without the anchor a cut end is not seen."""

    help = "Find any row of the record that was changed, removed, added, moved or cut off."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the anchor file."""
        parser.add_argument("--anchor", type=Path, help="compare with the seals in this file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify. Ends with 1 and a line per fault if anything is not as it was."""
        path: Path | None = options["anchor"]
        if path is not None and not path.exists():
            raise CommandError("There is no such anchor file.")
        anchored = read_anchors(path) if path else []
        faults = verify_record(anchored)
        for fault in faults:
            self.stderr.write(str(fault))
        if faults:
            raise CommandError(f"{len(faults)} faults.")
        self.stdout.write(
            f"{Seal.objects.count():,} seals hold"
            + (f", {len(anchored):,} of them anchored outside." if path else ".")
        )
