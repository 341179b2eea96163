"""Run the finder: `manage.py finder`."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from encryption.starting import verify_keys
from registry.finding.confining import confine
from registry.finding.process import Finder
from registry.finding.serving import AlreadyRunning


class Command(BaseCommand):
    """Holds every name in memory and answers searches over the socket FINDER_SOCKET."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until SIGTERM or Ctrl-C."""
        path = getattr(settings, "FINDER_SOCKET", "")
        if not path:
            raise CommandError("FINDER_SOCKET is empty: search by name is off")
        confine()
        verify_keys()
        try:
            finder = Finder(path, snapshot=getattr(settings, "FINDER_SNAPSHOT", ""))
        except AlreadyRunning:
            raise CommandError("another finder listens at FINDER_SOCKET") from None

        def stop(_number: int, _frame: FrameType | None) -> None:
            finder.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        finder.run()
