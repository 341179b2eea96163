"""A private Valkey (or Redis) server: a doorbell that keeps nothing."""

from __future__ import annotations

import os
import shutil
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

import redis

from demo.errors import DemoError
from demo.identity import Identity
from demo.ports import free_port
from demo.processes import Process, end_leftover


@dataclass
class Valkey:
    """One server on this machine's own address, behind a password.

    Over TCP rather than a socket file because Celery and Django write socket addresses
    differently and one address has to serve both.
    """

    program: Path
    home: Path
    log: Path
    identity: Identity
    password: str
    port: int = 0
    _process: Process | None = field(default=None, repr=False)

    @property
    def process(self) -> Process:
        """The running server. Raises LookupError before start()."""
        if self._process is None:
            raise LookupError("Valkey has not been started")
        return self._process

    @property
    def url(self) -> str:
        """The server's address, password included."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server, on another free port when somebody was quicker.

        Raises DemoError with the end of the log when it does not come up.
        """
        folder = self.home / "valkey"
        end_leftover(folder / "server.pid", str(folder), signal.SIGTERM)
        for _attempt in range(5):
            self.port = self.port or free_port()
            self._start_in(folder)
            if self._is_ready():
                return
            self.stop()
            self.port = 0
        raise DemoError(f"Valkey did not start. See {self.log}.")

    def stop(self) -> None:
        """Stop the server."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def _start_in(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        settings = folder / "server.conf"
        # In a file, because a command line is shown to everybody on the machine.
        settings.touch(mode=0o600)
        settings.write_text(
            "\n".join(
                [
                    "bind 127.0.0.1",
                    f"port {self.port}",
                    f"requirepass {self.password}",
                    "maxmemory 256mb",
                    "maxmemory-policy noeviction",
                    'save ""',
                    "appendonly no",
                    "",
                ]
            ),
            encoding="utf-8",
        )
        self.identity.take(folder, settings)
        self._process = Process(
            name="Valkey",
            command=[
                *(self.program, settings),
                *("--dir", folder, "--pidfile", folder / "server.pid"),
            ],
            log=self.log,
            environment={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"},
            folder=folder,
            user=self.identity.user,
            group=self.identity.group,
        )
        self._process.start()

    def _is_ready(self) -> bool:
        client = redis.Redis.from_url(self.url, socket_timeout=5)
        try:
            deadline = time.monotonic() + 20
            while self.process.is_running and time.monotonic() < deadline:
                try:
                    return bool(client.ping())
                except redis.AuthenticationError:
                    # Somebody else's server took the port between our look and our start.
                    return False
                except redis.ConnectionError:
                    time.sleep(0.02)
            return False
        finally:
            client.close()
