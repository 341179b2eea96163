"""Seal the record now, and append new seals to an anchor file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit.management.anchors import read_anchors
from audit.sealing import seal_record
from audit.verifying import anchors_after


class Command(BaseCommand):
    """`manage.py seal_record --anchor FILE`; the file belongs on somebody else's disk."""

    help = "Seal every row of the record that can no longer change."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the anchor file."""
        parser.add_argument("--anchor", type=Path, help="append new seals to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Seal, then anchor."""
        rows = seal_record()
        self.stdout.write(f"{rows:,} rows sealed.")
        path: Path | None = options["anchor"]
        if path is None:
            return
        fresh = list(anchors_after(read_anchors(path)))
        with path.open("a", encoding="utf-8") as lines:
            lines.writelines(f"{each.write()}\n" for each in fresh)
        self.stdout.write(f"{len(fresh):,} seals anchored.")
