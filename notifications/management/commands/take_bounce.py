"""Take one returned mail from standard input: `manage.py take_bounce [RECIPIENT] < mail`.

For a mail server's pipe: Postfix's `flags=Rq argv=… manage.py take_bounce ${recipient}`.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from notifications.bounces import MOST_OCTETS, take_bounce

# sysexits.h: the mail server keeps the mail and tries again.
_TEMPORARY_FAILURE = 75


class Command(BaseCommand):
    """Stores a bounce before the mail server is told that it was taken."""

    help = __doc__ or ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Name the arguments."""
        parser.add_argument("recipient", nargs="?", default="")

    def handle(self, *args: Any, recipient: str, **options: Any) -> None:
        """Read, store, say in one word what it was."""
        mail = sys.stdin.buffer.read(MOST_OCTETS)
        try:
            taken = take_bounce(mail, recipient)
        except DatabaseError:
            sys.exit(_TEMPORARY_FAILURE)
        self.stdout.write(taken.value)
