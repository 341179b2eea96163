"""Real Celery processes that work on the test database."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.db import connections

from config.celery import app
from demo.processes import Process, stop_all

_ROOT = Path(settings.BASE_DIR)
_ALL_QUEUES = "crisis,urgent,routine"


class CeleryWorkers:
    """Starts workers and beat for one test; what was started ends with the test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[Process] = []

    def start(self, queues: str = _ALL_QUEUES, *, children: int = 1) -> Process:
        """Start a worker and wait until it listens. Raises TimeoutError with its log's end."""
        name = f"worker{len(self._processes)}"
        process = self._run(
            name,
            *("worker", "--queues", queues, "--concurrency", str(children)),
            *("--hostname", f"{name}@localhost", "--without-gossip", "--without-mingle"),
        )
        deadline = time.monotonic() + 60
        while process.is_running and time.monotonic() < deadline:
            if app.control.ping(destination=[f"{name}@localhost"], timeout=0.5):
                return process
        raise TimeoutError(f"{name} does not answer:\n{process.last_lines()}")

    def start_beat(self) -> Process:
        """Start the clock that wakes the sweepers."""
        schedule = self._folder / "beat-schedule"
        return self._run("beat", "beat", "--schedule", str(schedule), "--pidfile", "")

    def logs(self) -> str:
        """Return everything the processes have written."""
        return "\n".join(
            process.log.read_text(encoding="utf-8", errors="replace") for process in self._processes
        )

    def stop(self) -> None:
        """Stop all of them."""
        stop_all(self._processes, 30)
        self._processes = []

    def _run(self, name: str, *arguments: str) -> Process:
        process = Process(
            name=name,
            command=[sys.executable, "-m", "celery", "--app", "config", *arguments],
            log=self._folder / f"{name}.log",
            environment={**os.environ, **_addresses()},
            folder=_ROOT,
        )
        process.start()
        self._processes.append(process)
        return process


def _addresses() -> dict[str, str]:
    found = {}
    for alias, name in (("default", "DATABASE_URL"), ("keys", "KEYS_DATABASE_URL")):
        database = quote(str(connections[alias].settings_dict["NAME"]))
        found[name] = urlsplit(os.environ[name])._replace(path=f"/{database}").geturl()
    return found
