"""What is done to workers, broker and database while they work."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.sending.ground import Ground
from demo.processes import Process

LEASE_SECONDS = 3
KINDS = ("child", "worker", "broker", "frozen", "database")
WEIGHTS = (6, 2, 2, 1, 1)


@dataclass
class Deeds:
    """How often what was done."""

    children_killed: int = 0
    workers_killed: int = 0
    brokers_wiped: int = 0
    children_frozen: int = 0
    databases_stopped: int = 0
    leases_cut: int = 0
    workers_revived: int = 0

    def __str__(self) -> str:
        return (
            f"{self.children_killed}c {self.workers_killed}w {self.brokers_wiped}b "
            f"{self.children_frozen}f {self.databases_stopped}d {self.workers_revived}r"
        )


def children_of(pid: int) -> list[int]:
    """Return the process ids of a process's children; none when it is gone."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in text.split()]


class Tormentor:
    """Does one unkind thing after another to the workers it is given."""

    def __init__(self, ground: Ground, chance: random.Random) -> None:
        self._ground = ground
        self._chance = chance
        self.deeds = Deeds()

    def act(self, workers: list[Process], *, kind: str = "") -> None:
        """Do one unkind thing."""
        kind = kind or self._chance.choices(KINDS, WEIGHTS)[0]
        worker = self._chance.choice(workers)
        children = children_of(worker.pid) if worker.is_running else []
        if kind == "broker":
            self._wipe_broker()
        elif kind == "database":
            self._stop_database(sum(len(children_of(w.pid)) for w in workers if w.is_running))
        elif kind == "worker" and children:
            for pid in (worker.pid, *children):
                _signal(pid, signal.SIGKILL)
            worker.wait(5)
            self.deeds.workers_killed += 1
            self.deeds.leases_cut += len(children)
            worker.start()
        elif kind == "frozen" and children:
            child = self._chance.choice(children)
            _signal(child, signal.SIGSTOP)
            time.sleep(LEASE_SECONDS + 1)
            _signal(child, signal.SIGCONT)
            self.deeds.children_frozen += 1
            self.deeds.leases_cut += 1
        elif children:
            _signal(self._chance.choice(children), signal.SIGKILL)
            self.deeds.children_killed += 1
            self.deeds.leases_cut += 1

    def revive(self, processes: list[Process]) -> None:
        """Start again whatever ended by itself, as the init system of a deployment does.

        Celery's main process may give up when its broker goes; that end was asked for by
        nobody, so it earns no further copy in the bound.
        """
        for process in processes:
            if not process.is_running:
                process.start()
                self.deeds.workers_revived += 1

    def _wipe_broker(self) -> None:
        valkey = self._ground.services.valkey
        assert valkey is not None
        _signal(valkey.process.pid, signal.SIGKILL)
        valkey.process.wait(5)
        valkey.start()
        self.deeds.brokers_wiped += 1

    def _stop_database(self, senders: int) -> None:
        """Stop PostgreSQL as a power cut would, and start it again from its log."""
        postgres = self._ground.services.postgres
        assert postgres is not None
        _signal(postgres.process.pid, signal.SIGQUIT)
        postgres.process.wait(20)
        postgres.process.start()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(postgres.superuser_url(), connect_timeout=5).close()
                break
            time.sleep(0.1)
        self.deeds.databases_stopped += 1
        self.deeds.leases_cut += senders


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
