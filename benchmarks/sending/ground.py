"""The servers, people and workers of a sending benchmark. Everything is real.

PostgreSQL runs as in production: fsync and synchronous_commit on, workers in the database role
of workers. The benchmark itself, which makes the tables and the people, is their owner.
"""

from __future__ import annotations

import datetime
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.sending import words
from demo.processes import Process, stop_all
from demo.services import TemporaryServices
from walls.roles import DatabaseRole

ROOT = Path(__file__).resolve().parent.parent.parent


class Ground:
    """Servers of this run; Django is set up on them by `start`."""

    def __init__(self, mail_url: str, sms_url: str, **environment: str) -> None:
        self._stack = ExitStack()
        self.mail_url, self.sms_url, self.more = mail_url, sms_url, environment
        self.workers: list[Process] = []

    def __enter__(self) -> Self:
        self.folder = Path(
            self._stack.enter_context(tempfile.TemporaryDirectory(prefix="sending-"))
        )
        self.services = TemporaryServices()
        self.services.is_durable = True
        self._stack.enter_context(self.services)
        self._as_worker = self.services.environment(DatabaseRole.WORKER)
        os.environ.update(
            {
                **self.services.environment(DatabaseRole.MIGRATOR),
                "DJANGO_SETTINGS_MODULE": "config.settings.dev",
                "MAIL_URL": self.mail_url,
                "SMS_URL": self.sms_url,
                **self.more,
            }
        )
        self._stack.callback(lambda: stop_all(self.workers, 30))
        import django

        django.setup()
        from django.core.management import call_command

        for alias in ("default", "keys"):
            call_command("migrate", database=alias, verbosity=0)
        call_command("put_up_walls", verbosity=0)
        call_command("load_demo", people=0, verbosity=0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        from django.db import connections

        connections.close_all()
        self._stack.close()

    def start_worker(
        self,
        name: str,
        *,
        queues: str = "crisis,urgent,routine",
        children: int = 2,
        app: str = "config",
        **environment: str,
    ) -> Process:
        """Start a Celery worker with its own log."""
        return self.start(
            name,
            *("-m", "celery", "--app", app, "worker", "--queues", queues),
            *("--concurrency", str(children), "--hostname", f"{name}@localhost"),
            *("--without-gossip", "--without-mingle"),
            **environment,
        )

    def start_beat(self) -> Process:
        """Start the clock that wakes the sweeper."""
        schedule = str(self.folder / "beat-schedule")
        return self.start(
            "beat",
            *("-m", "celery", "--app", "config", "beat"),
            *("--schedule", schedule, "--pidfile", ""),
        )

    def start(self, name: str, *arguments: str, **environment: str) -> Process:
        """Start a Python process with its own log."""
        process = Process(
            name=name,
            command=[sys.executable, *arguments],
            log=self.folder / f"{name}.log",
            environment={**os.environ, **self._as_worker, **environment},
            folder=ROOT,
        )
        process.start()
        self.workers.append(process)
        return process

    def stop(self, *processes: Process) -> None:
        """Stop these processes."""
        stop_all(processes, 30)
        self.workers = [one for one in self.workers if one not in processes]


def wait_for_workers(count: int, app: str = "config", seconds: float = 60.0) -> None:
    """Wait until so many workers answer. Raises TimeoutError."""
    from importlib import import_module

    celery = import_module(f"{app}.celery" if app == "config" else app).app
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if len(celery.control.ping(timeout=0.5, limit=count) or []) >= count:
            return
    raise TimeoutError(f"{count} workers of {app} did not answer")


def load_people(count: int, *, mail_only: bool = True) -> None:
    """Load invented people who all agreed to be alerted, and let the planner know them."""
    from demo import people
    from registry.models import Channel

    contacts = ((Channel.EMAIL,),) if mail_only else people.CONTACTS
    people.load_people(count, consenting=1.0, contacts=contacts)
    vacuum()


def vacuum() -> None:
    """Let the planner know what there is now."""
    from django.db import connections

    for alias in ("default", "keys"):
        with connections[alias].cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def open_crisis(countries: Sequence[str] = ()) -> int:
    """Open a crisis in these countries, or wherever invented people live; return its id."""
    from accounts.models import StaffUser
    from crises.models import AffectedArea, Crisis, Level
    from demo.people import PLACES

    author = StaffUser.objects.get(email="author@meridia.example")
    crisis = Crisis.objects.create(title="Benchmark", level=Level.ACT, opened_by=author)
    for country in countries or sorted({place.country for place in PLACES}):
        AffectedArea.objects.create(crisis=crisis, country_id=country)
    return crisis.pk


def release(crisis_id: int) -> tuple[int, float]:
    """Have an alert written by one and approved by another: (dispatch id, when it committed)."""
    from django.utils import timezone

    from accounts.models import StaffUser
    from crises.models import Crisis
    from notifications.models import BroadcastKind
    from notifications.services.broadcasting import (
        BroadcastEntry,
        TextEntry,
        approve_broadcast,
        submit_broadcast,
        write_broadcast,
    )

    author = StaffUser.objects.get(email="author@meridia.example")
    approver = StaffUser.objects.get(email="approver@meridia.example")
    broadcast = write_broadcast(
        actor=author,
        crisis=Crisis.objects.get(pk=crisis_id),
        entry=BroadcastEntry(
            kind=BroadcastKind.ALERT,
            severity="Severe",
            urgency="Immediate",
            certainty="Observed",
            expires_at=timezone.now() + datetime.timedelta(hours=6),
            fallback_language="en",
            expected_count=10**7,
            texts={
                language: TextEntry(words.SUBJECT, words.TEXT, words.SMS)
                for language in ("en", "fr", "es", "ar")
            },
        ),
    )
    submit_broadcast(actor=author, broadcast=broadcast)
    assert broadcast.submitted_count is not None
    dispatch = approve_broadcast(
        actor=approver, broadcast=broadcast, typed_count=broadcast.submitted_count
    )
    return dispatch.pk, time.time()
