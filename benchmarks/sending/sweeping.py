"""Looking for addresses where none may be: broker, task messages, logs, metrics."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

import redis

from benchmarks.sending.ground import Ground

TRACE = b"@people.example"
#: What the sweep must find to be believed.
PLANTED = "a leak planted in the broker"


class Sweep:
    """What was found so far, and in how much it was looked for."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.found: set[str] = set()
        self.looked_at = 0
        self.tasks = 0

    def broker(self, *, name: str = "broker") -> None:
        """Read every key and value; open the bodies of task messages, which are Base64."""
        valkey = self._ground.services.valkey
        assert valkey is not None
        try:
            with redis.Redis.from_url(valkey.url) as client:
                for key in client.scan_iter():
                    for value in (key, client.dump(key) or b"", *self._messages(client, key)):
                        self.looked_at += 1
                        if TRACE in value:
                            self.found.add(name)
        except redis.RedisError:
            # It has just been killed; the next look finds it again.
            return

    def logs(self) -> None:
        """Read the logs of every process, the servers' included."""
        folders = (self._ground.folder, self._ground.services.folder / "logs")
        for log in (log for folder in folders for log in folder.glob("*.log")):
            if TRACE in log.read_bytes():
                self.found.add(log.name)

    def metrics(self) -> None:
        """Read what is told to Prometheus."""
        from notifications.metrics import exposition
        from notifications.watching import engine_health

        if TRACE in exposition(engine_health()).encode():
            self.found.add("metrics")

    def plant(self) -> None:
        """Put an address into a task message as Celery would write it, and look for it."""
        valkey = self._ground.services.valkey
        assert valkey is not None
        body = base64.b64encode(json.dumps([[f"somebody{TRACE.decode()}"], {}, {}]).encode())
        with redis.Redis.from_url(valkey.url) as client:
            client.lpush("planted", json.dumps({"body": body.decode()}))
            self.broker(name=PLANTED)
            client.delete("planted")

    def _messages(self, client: Any, key: bytes) -> list[bytes]:
        kind = client.type(key)
        if kind == b"list":
            held = client.lrange(key, 0, -1)
        elif kind == b"hash":
            held = client.hvals(key)
        else:
            return []
        bodies = []
        for one in held:
            try:
                message = json.loads(one)
                message = message[0] if isinstance(message, list) else message
                bodies.append(base64.b64decode(message["body"]))
                self.tasks += 1
            except (ValueError, KeyError, TypeError, binascii.Error):
                bodies.append(one)
        return bodies
