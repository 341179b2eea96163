"""Run the finder: `manage.py finder`."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from collections.abc import Sequence
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from encryption.starting import verify_keys
from registry.finding.confining import confine
from registry.finding.process import Finder
from registry.finding.serving import AlreadyRunning
from registry.finding.sharing import Group, groups, shares
from registry.serving import refuse_resurrected
from walls.guarding import refuse_mighty_roles


class Command(BaseCommand):
    """Holds every name in memory and answers searches over the socket FINDER_SOCKET."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which of the sockets in FINDER_SOCKET is this finder's."""
        parser.add_argument(
            "--socket", default="", help="needed when FINDER_SOCKET names more than one"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until SIGTERM or Ctrl-C."""
        found = groups(settings.FINDER_SOCKET)
        if not found:
            raise CommandError("FINDER_SOCKET is empty: search by name is off")
        path = options["socket"] or _only_socket(found)
        mine = next((group for group in found if path in group.sockets), None)
        if mine is None:
            raise CommandError("--socket is none of those in FINDER_SOCKET")
        confine()
        refuse_mighty_roles()
        verify_keys()
        refuse_resurrected()
        snapshot = settings.FINDER_SNAPSHOT
        try:
            finder = Finder(path, snapshot=snapshot, share=shares(found)[mine])
        except AlreadyRunning:
            raise CommandError("another finder listens at this socket") from None

        def stop(_number: int, _frame: FrameType | None) -> None:
            finder.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        finder.run()


def _only_socket(found: Sequence[Group]) -> str:
    sockets = [path for group in found for path in group.sockets]
    if len(sockets) > 1:
        raise CommandError("FINDER_SOCKET names several sockets: say which with --socket")
    return sockets[0]
