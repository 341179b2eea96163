"""Tell which list a mark or an invented address came from: `manage.py whose_list VALUE`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from disclosure.packing import list_that_holds


class Command(BaseCommand):
    """Names the list, its recipient and its two officers, by their ids."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What was found."""
        parser.add_argument("value")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look through all lists."""
        found = list_that_holds(options["value"])
        if found is None:
            raise CommandError("It stands in no list.")
        self.stdout.write(
            f"list {found.pk}, made for recipient {found.recipient_id}, "
            f"asked for by {found.asked_by_id}, agreed by {found.decided_by_id}"
        )
