"""The world outside as one process: mail servers, SMS gateways and the desk's page.

python -m demo.outside, with its ports and folders in the environment, see supervisor.py.
"""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402

from demo.desk import Desk, Outside  # noqa: E402
from demo.mailbox import Mailbox  # noqa: E402
from demo.smsgateway import SmsGateway  # noqa: E402

# Enough to look back over; an alert to thousands would fill the disk.
_MOST = 2000
# About what a real network takes, and long enough to see "handed over" on the board.
_RECEIPT_DELAY = 1.5


def open_outside(captured: Path, mail_port: int, sms_port: int, *, is_exercise: bool) -> Outside:
    """Return a running mail server and SMS gateway that keep what arrives in `captured`."""
    return Outside(
        Mailbox(mail_port, captured / "mail", _MOST).start(),
        SmsGateway(
            secret=settings.SMS_CALLBACK_SECRET,
            port=sms_port,
            callback_base=settings.SITE_ORIGIN,
            receipt_delay=_RECEIPT_DELAY,
            folder=captured,
            most=_MOST,
        ).start(),
        is_exercise,
    )


def main() -> None:
    """Serve until told to stop."""
    captured = Path(os.environ["DEMO_CAPTURED"])
    captured.mkdir(mode=0o700, exist_ok=True)
    ports = [int(port) for port in os.environ["DEMO_OUTSIDE_PORTS"].split(",")]
    desk_port, mail, sms, exercise_mail, exercise_sms = ports
    outsides = [
        open_outside(captured, mail, sms, is_exercise=False),
        open_outside(captured / "exercise", exercise_mail, exercise_sms, is_exercise=True),
    ]
    desk = Desk(
        outsides,
        captured.parent / "demo-staff.json",
        site=settings.SITE_ORIGIN,
        port=desk_port,
    ).start()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    desk.stop()
    for outside in outsides:
        outside.mailbox.stop()
        outside.sms_gateway.stop()


if __name__ == "__main__":
    main()
