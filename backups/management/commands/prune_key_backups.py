"""Remove old key backups: `manage.py prune_key_backups FOLDER --days 14`."""

from __future__ import annotations

import datetime
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backups.pruning import prune_key_backups


class Command(BaseCommand):
    """Makes erasures final: after this many days no backup holds a destroyed key."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where the sets are, and for how long they are kept."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--days", type=int, default=14)

    def handle(self, *args: Any, **options: Any) -> None:
        """Remove them; fail when the newest one is too old to be the only one."""
        keep = datetime.timedelta(days=options["days"])
        pruned = prune_key_backups(options["folder"], keep)
        self.stdout.write(f"{len(pruned.gone)} key backups removed")
        if pruned.newest_age is None:
            raise CommandError("there is no key backup: a broken disk would erase everybody")
        if pruned.newest_age > keep:
            raise CommandError(
                f"the newest key backup is {pruned.newest_age.days} days old and was kept; "
                "erasures since then are not final: find out why no new one is made"
            )
