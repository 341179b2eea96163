"""Run the name finder: a process that holds names in memory and answers with ids."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from encryption.starting import verify_keys
from registry.finding.process import FinderProcess, keep_memory_private


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--socket", default=settings.FINDER_SOCKET, help="where to listen")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["socket"]:
            raise CommandError("Set FINDER_SOCKET to the path of a socket.")
        keep_memory_private()
        verify_keys()
        process = FinderProcess(options["socket"])
        for stopping in (signal.SIGTERM, signal.SIGINT):
            signal.signal(stopping, lambda number, frame: process.stop())
        process.run()
