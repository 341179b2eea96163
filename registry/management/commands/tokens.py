"""Search tokens in SQL: `manage.py tokens` builds them, `--again` anew, `--state` says how far."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from encryption.starting import verify_keys
from registry.finding.tokens import keeping

_SLICE_SECONDS = 10.0


class Command(BaseCommand):
    """Builds the search tokens, or goes on with a build that was broken off."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --again or --state."""
        parser.add_argument("--again", action="store_true", help="build anew though all is well")
        parser.add_argument("--state", action="store_true", help="say how far it is, do nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until a side is whole."""
        if options["state"]:
            self._tell()
            return
        verify_keys()
        if options["again"] and keeping.building() is None:
            keeping.begin()
        keeping.keep(_SLICE_SECONDS)
        while keeping.building() is not None:
            self._tell()
            before = keeping.building()
            keeping.keep(_SLICE_SECONDS)
            after = keeping.building()
            if before and after and before.next_number == after.next_number:
                raise CommandError("somebody else is building; --state says how far it is")
        self._tell()

    def _tell(self) -> None:
        build, current = keeping.building(), keeping.answering()
        if build is not None:
            done = build.next_number - 1
            self.stdout.write(f"building: {done:,} of {build.people_expected:,} people")
        if current is not None:
            self.stdout.write(f"answering: {current.next_number - 1:,} people numbered")
        if build is None and current is None:
            self.stdout.write("there are no tokens")
