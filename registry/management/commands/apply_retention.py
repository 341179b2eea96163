"""Remove what has outlived its purpose, now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from registry import retaining


class Command(BaseCommand):
    """`manage.py apply_retention --dry-run`: counts by rule, of nobody in particular."""

    help = "Remove what has outlived its purpose, in bounded steps until nothing is due."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --dry-run."""
        parser.add_argument("--dry-run", action="store_true", help="only count what is due")

    def handle(self, *args: Any, **options: Any) -> None:
        """Count, or remove batch after batch."""
        if options["dry_run"]:
            for code, count in retaining.due_now().items():
                more = " or more" if count > retaining.BATCH else ""
                self.stdout.write(f"{code}: {count}{more}")
            return
        while any((gone := retaining.apply_rules()).values()):
            self.stdout.write(", ".join(f"{code}: {count}" for code, count in gone.items()))
        self.stdout.write("Nothing more is due.")
