"""Telling the product what became of its messages, as providers do: until it listens."""

from __future__ import annotations

import heapq
import http.client
import itertools
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 30.0
_THREADS = 2


@dataclass(frozen=True)
class Callback:
    """One POST of JSON to be made."""

    base: str
    path: str
    content: Mapping[str, str]
    tries: int = 0


class Callbacks:
    """Makes the POSTs in the background; one that is not answered with 2xx comes again."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._due: list[tuple[float, int, Callback]] = []
        self._order = itertools.count()
        self._change = threading.Condition()
        self._under_way = 0
        self._clearings = 0
        self._is_stopped = False
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the background threads."""
        self._is_stopped = False
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(_THREADS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop after the POSTs under way; the rest are forgotten."""
        with self._change:
            self._is_stopped = True
            self._due.clear()
            self._change.notify_all()
        for thread in self._threads:
            thread.join()
        self._threads = []

    def add(self, callback: Callback, *, delay: float = 0.0) -> None:
        """Have a POST made in so many seconds."""
        with self._change:
            heapq.heappush(self._due, (time.monotonic() + delay, next(self._order), callback))
            self._change.notify()

    def clear(self) -> None:
        """Forget what is still to be made and wait for what is under way."""
        with self._change:
            self._clearings += 1
            self._due.clear()
            self._change.wait_for(lambda: not self._under_way, timeout=15)

    def wait_until_taken(self, seconds: float = 30) -> None:
        """Wait until every POST was answered with 2xx. Raises TimeoutError."""
        with self._change:
            if not self._change.wait_for(
                lambda: not self._due and not self._under_way, timeout=seconds
            ):
                raise TimeoutError(f"{len(self._due)} callbacks were not taken")

    def _work(self) -> None:
        connections: dict[str, http.client.HTTPConnection] = {}
        while (callback := self._next()) is not None:
            clearings = self._clearings
            is_taken = self._post(callback, connections)
            with self._change:
                self._under_way -= 1
                if not is_taken and not self._is_stopped and clearings == self._clearings:
                    self._put_back(callback)
                self._change.notify_all()
        for connection in connections.values():
            connection.close()

    def _next(self) -> Callback | None:
        with self._change:
            while not self._is_stopped:
                now = time.monotonic()
                if self._due and self._due[0][0] <= now:
                    self._under_way += 1
                    return heapq.heappop(self._due)[2]
                self._change.wait(self._due[0][0] - now if self._due else None)
            return None

    def _put_back(self, callback: Callback) -> None:
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**callback.tries)
        again = Callback(callback.base, callback.path, callback.content, callback.tries + 1)
        heapq.heappush(self._due, (time.monotonic() + pause, next(self._order), again))

    def _post(self, callback: Callback, connections: dict[str, http.client.HTTPConnection]) -> bool:
        if callback.base not in connections:
            place = urlsplit(callback.base)
            assert place.hostname is not None
            connections[callback.base] = http.client.HTTPConnection(
                place.hostname, place.port, timeout=10
            )
        connection = connections[callback.base]
        try:
            connection.request(
                "POST",
                callback.path,
                json.dumps(callback.content).encode(),
                {
                    "Authorization": f"Bearer {self._secret}",
                    "Content-Type": "application/json",
                },
            )
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return False
        return 200 <= response.status < 300
