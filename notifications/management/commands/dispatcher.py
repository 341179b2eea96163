"""`manage.py dispatcher`: keep alerts leaving when broker, beat or workers are away."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from notifications import dispatching


class Command(BaseCommand):
    """Runs until SIGTERM or SIGINT; what is on its way then is recorded first."""

    help = "Wake the sending workers, and send here while the broker does not answer."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --inline."""
        parser.add_argument(
            "--inline", action="store_true", help="send here always, without asking the broker"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Watch until told to stop."""
        stop: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda caught, _frame: stop.append(caught))
        dispatching.look_after(is_inline=options["inline"], should_stop=lambda: bool(stop))
