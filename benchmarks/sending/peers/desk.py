"""What the benchmark asks of the peers: `python -m benchmarks.sending.peers.desk COMMAND`.

A process of its own, because two Django settings do not fit into one. Reads one JSON
command a line, answers one JSON line: prepare, fill, enqueue, office.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.sending.peers.settings"


def prepare() -> dict[str, Any]:
    """Make the peers' tables."""
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)
    return {}


def fill(count: int) -> dict[str, Any]:
    """Write `count` rows to be sent, in place of all others."""
    from benchmarks.sending.peers.models import PeerMail

    PeerMail.objects.all().delete()  # type: ignore[attr-defined]
    PeerMail.objects.bulk_create(  # type: ignore[attr-defined]
        [
            PeerMail(
                address=f"person{number}@people.example",
                link=f"http://127.0.0.1:8000/a/{number:022d}",
            )
            for number in range(count)
        ]
    )
    return {}


def enqueue(task: str) -> dict[str, Any]:
    """Enqueue one task per row; return when that began."""
    from benchmarks.sending.peers import tasks
    from benchmarks.sending.peers.celery import app
    from benchmarks.sending.peers.models import PeerMail

    app.set_default()
    ids = list(PeerMail.objects.order_by("pk").values_list("pk", flat=True))  # type: ignore[attr-defined]
    began = time.time()
    for mail_id in ids:
        getattr(tasks, task).delay(mail_id)
    return {"began": began}


def sent() -> dict[str, Any]:
    """Return how many rows are marked as sent, and when the last one was."""
    from django.db.models import Max

    from benchmarks.sending.peers.models import PeerMail

    done = PeerMail.objects.filter(status="sent")  # type: ignore[attr-defined]
    last = done.aggregate(last=Max("sent_at"))["last"]
    return {"sent": done.count(), "last": last.timestamp() if last else 0.0}


def office_queue() -> dict[str, Any]:
    """Queue every row with post_office; return when that began."""
    from post_office import mail  # type: ignore[import-untyped]
    from post_office.models import Email  # type: ignore[import-untyped]

    from benchmarks.sending.peers.models import PeerMail
    from benchmarks.sending.words import HTML, SUBJECT, TEXT

    Email.objects.all().delete()
    rows = list(PeerMail.objects.values_list("address", "link"))  # type: ignore[attr-defined]
    began = time.time()
    mail.send_many(
        [
            {
                "recipients": [address],
                "subject": SUBJECT,
                "message": TEXT.replace("{link}", link),
                "html_message": HTML.replace("{link}", link),
            }
            for address, link in rows
        ]
    )
    return {"began": began}


def office_send() -> dict[str, Any]:
    """Let post_office send its queue with 2 processes of 5 threads; return when it ended."""
    subprocess.run(
        [
            sys.executable,
            "-m",
            "django",
            "send_queued_mail",
            "--processes",
            "2",
            "--log-level",
            "1",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return {"ended": time.time()}


def office_sent() -> dict[str, Any]:
    """Return how many messages post_office believes it has sent."""
    from post_office.models import STATUS, Email

    return {"sent": Email.objects.filter(status=STATUS.sent).count()}


COMMANDS = {
    one.__name__: one
    for one in (prepare, fill, enqueue, sent, office_queue, office_send, office_sent)
}


def main() -> None:
    """Answer commands until the input ends."""
    import django

    django.setup()
    from django.db import close_old_connections

    for line in sys.stdin:
        name, *arguments = json.loads(line)
        close_old_connections()
        sys.stdout.write(json.dumps(COMMANDS[name](*arguments)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
