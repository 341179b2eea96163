"""The peers' own process and workers, from the outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import psycopg

from benchmarks.sending.ground import Ground
from demo.keys import write_private
from demo.processes import Process
from walls.roles import DatabaseRole

PROCESSES = 2


class Peers:
    """The peers' process and workers."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        postgres = ground.services.postgres
        assert postgres is not None
        with psycopg.connect(postgres.superuser_url(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE peers OWNER registry_owner")
        address = ground.folder / "peers-database-url"
        write_private(address, postgres.url("peers", DatabaseRole.MIGRATOR))
        self.environment = {
            "PEERS_DATABASE_URL_FILE": str(address),
            "PEERS_LOCKFILE": str(ground.folder / "post_office"),
            "DJANGO_SETTINGS_MODULE": "benchmarks.sending.peers.settings",
        }
        self._desk = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.sending.peers.desk"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **self.environment},
        )
        self.ask("prepare")

    def ask(self, *command: object) -> dict[str, Any]:
        """Send one command to the peers' process and return its answer."""
        assert self._desk.stdin is not None
        assert self._desk.stdout is not None
        self._desk.stdin.write(json.dumps(command).encode() + b"\n")
        self._desk.stdin.flush()
        answer: dict[str, Any] = json.loads(self._desk.stdout.readline())
        return answer

    def start_worker(self, queue: str) -> Process:
        """Start two children for one way of one task per message: "naive" or "tuned"."""
        more = {"PEERS_DB_REUSE": "100000"} if queue == "tuned" else {}
        return self._ground.start_worker(
            queue,
            queues=queue,
            children=PROCESSES,
            app="benchmarks.sending.peers.celery",
            **self.environment,
            **more,
        )

    def close(self) -> None:
        """End the peers' process."""
        if self._desk.stdin is not None:
            self._desk.stdin.close()
        self._desk.wait(10)
