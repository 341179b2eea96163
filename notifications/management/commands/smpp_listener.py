"""Take receipts and text messages from operators: `manage.py smpp_listener`."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from encryption.starting import verify_keys
from notifications.listening import listen
from notifications.routing import listening_posts


class Command(BaseCommand):
    """Stays bound as a receiver to every SMSC that SMS_URL and SMS_ROUTES name."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until SIGTERM or Ctrl-C."""
        posts = listening_posts()
        if not posts:
            raise CommandError("neither SMS_URL nor SMS_ROUTES has an smpp:// address")
        verify_keys()
        stopped = threading.Event()

        def stop(_number: int, _frame: FrameType | None) -> None:
            stopped.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        threads = [
            threading.Thread(
                target=listen,
                args=(post.smsc,),
                kwargs={
                    "provider": post.provider,
                    "should_stop": stopped.is_set,
                    "ids_are_decimal": post.ids_are_decimal,
                },
            )
            for post in posts
        ]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads) and not stopped.wait(1.0):
            pass
        stopped.set()
        for thread in threads:
            thread.join(15.0)
