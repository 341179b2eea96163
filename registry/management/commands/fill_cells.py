"""Makes the tokens of map cells, for PLACE_SEARCH=cells: after a crash, a restore or new keys."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand

from registry.finding.points_cells import fill_cells


class Command(BaseCommand):
    """Writes the tokens of every position anew; safe to run again and while people register."""

    help = "Makes the map-cell tokens of every exact position anew (PLACE_SEARCH=cells)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Fill, telling how far it is."""
        begin = time.monotonic()
        done = 0
        for done in fill_cells():
            self.stdout.write(f"{done} stays, {time.monotonic() - begin:.0f} s")
        self.stdout.write(f"Complete: {done} stays with a position.")
