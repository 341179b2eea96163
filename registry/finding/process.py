"""The finder: a process of its own that holds every name in memory and answers over a socket."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

from django.db import Error, close_old_connections, connections
from django.utils import timezone

from registry.finding.following import Follower
from registry.finding.index import NameIndex
from registry.finding.points_answering import PointAnswers
from registry.finding.serving import Server
from registry.finding.sharing import EVERYBODY, Share
from registry.finding.snapshot import Unusable, read, write

logger = logging.getLogger(__name__)

_EVERY = 1.0
_LONGEST_PAUSE = 30.0
_KEPT_SECONDS = 6 * 60 * 60
# Somebody erased stays in the snapshot so long; many at once are worth one writing.
_FORGOTTEN_SECONDS = 60.0
_MOST_RESULTS = 100


class Finder:
    """Fills an index, follows the register every second and answers in between.

    `run` returns after `stop`, which may be called from another thread or a signal handler.
    A database that is away makes the finder wait and try again; it goes on answering from
    what it knows. With a `snapshot` file it starts from there and keeps it fresh. With a
    `share` it holds the people of some posts only.
    """

    def __init__(
        self, path: str, every: float = _EVERY, snapshot: str = "", share: Share = EVERYBODY
    ) -> None:
        self._every = every
        self._share = share
        self._snapshot = Path(snapshot) if snapshot else None
        self._keep_after = 0.0
        self._writer = 0
        self._index = NameIndex()
        self._points = PointAnswers()
        self._follower = Follower(self._index, share)
        self._is_filled = False
        self._stopping = Event()
        self._server = Server(path, self._answer)

    def stop(self) -> None:
        """Let `run` return soon."""
        self._stopping.set()
        self._server.wake()

    def run(self) -> None:
        """Work until stopped."""
        pause = self._every
        try:
            while not self._stopping.is_set():
                is_well = self._look()
                pause = self._every if is_well else min(2 * pause, _LONGEST_PAUSE)
                self._keep()
                self._wait(pause)
        finally:
            self._server.close()
            connections.close_all()
            self._await_writer()

    def _look(self) -> bool:
        """Read what is new, answering between batches; return whether the database was there."""
        try:
            close_old_connections()
            for _ in self._next_batches():
                self._server.wait(0)
                if self._stopping.is_set():
                    break
        except Error as error:
            logger.warning("database away", extra={"error_code": type(error).__name__})
            connections.close_all()
            return False
        for _ in self._index.learn():
            self._server.wait(0)
            if self._stopping.is_set():
                break
        if self._follower.has_forgotten:
            self._follower.has_forgotten = False
            soon = time.monotonic() + _FORGOTTEN_SECONDS
            self._keep_after = min(self._keep_after, soon)
        # Changes are few: between looks the key store is not kept waiting.
        connections["keys"].close()
        return True

    def _next_batches(self) -> Iterator[None]:
        if not self._is_filled and self._resume():
            yield from self._follower.follow()
            self._is_filled = True
            return
        if self._is_filled and not self._index.is_worn:
            yield from self._follower.follow()
            return
        # A worn index goes on answering until the new one is whole.
        index = NameIndex()
        follower = Follower(index, self._share)
        yield from follower.fill()
        self._index, self._follower, self._is_filled = index, follower, True

    def _resume(self) -> bool:
        """Start from the snapshot; return whether there is one to start from."""
        if self._snapshot is None:
            return False
        begin = time.monotonic()
        try:
            self._index, moment = read(self._snapshot, timezone.now())
            self._follower = Follower.resumed(self._index, moment, self._share)
        except Unusable as error:
            logger.info("snapshot not used", extra={"reason_code": str(error).replace(" ", "-")})
            return False
        took = time.monotonic() - begin
        extra = {"people_count": len(self._index), "load_seconds": took}
        logger.info("snapshot opened", extra=extra)
        return True

    def _keep(self) -> None:
        """Write the snapshot every few hours, and soon after somebody was erased.

        A copy of this process does it, so that nobody waits for an answer meanwhile.
        """
        self._await_writer(os.WNOHANG)
        if self._snapshot is None or not self._is_filled or self._writer:
            return
        if time.monotonic() < self._keep_after:
            return
        self._keep_after = time.monotonic() + _KEPT_SECONDS
        try:
            moment = self._follower.moment()
        except (Unusable, Error) as error:
            logger.warning("snapshot not kept", extra={"error_code": type(error).__name__})
            self._drop()
            return
        self._writer = os.fork()
        if self._writer:
            return
        status = 1
        try:
            write(self._snapshot, self._index, moment)
            status = 0
        finally:
            # Nothing of the parent's, neither connections nor files, is the copy's to close.
            os._exit(status)

    def _await_writer(self, options: int = 0) -> None:
        if not self._writer:
            return
        ended, status = os.waitpid(self._writer, options)
        if ended:
            self._writer = 0
            level = logging.WARNING if status else logging.INFO
            logger.log(level, "snapshot written", extra={"exit_status": status})
            if status:
                self._drop()

    def _drop(self) -> None:
        """Remove what could not be written anew: it may know people who were erased."""
        if self._snapshot is not None:
            self._snapshot.unlink(missing_ok=True)

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._stopping.is_set() and (left := until - time.monotonic()) > 0:
            self._server.wait(left)

    def _answer(self, message: dict[str, Any]) -> dict[str, Any]:
        if not self._is_filled:
            return {"state": "filling", "people": len(self._index)}
        if message.get("do") == "state":
            return {
                "state": "ready",
                "people": len(self._index),
                "words": self._index.words,
                "since": self._follower.known_until,
            }
        begin = time.monotonic()
        try:
            if message.get("do") == "stays-in":
                return {"state": "ready", **self._stays_in(message)}
            matches = self._search(message)
        except (KeyError, TypeError, ValueError):
            return {"state": "refused"}
        except Exception:  # one query must not end the search for everybody
            logger.exception("search failed")
            return {"state": "failed"}
        took = 1000 * (time.monotonic() - begin)
        logger.debug("searched", extra={"found_count": len(matches), "took_ms": took})
        return {"state": "ready", "matches": matches}

    def _stays_in(self, message: dict[str, Any]) -> dict[str, Any]:
        return self._points.page(self._index.points, self._follower.known_until, message)

    def _search(self, message: dict[str, Any]) -> list[tuple[str, float, str]]:
        query, posts, limit = message["query"], message["posts"], message["limit"]
        if not isinstance(query, str):
            raise TypeError
        found = self._index.search(
            query,
            post_ids=None if posts is None else [int(post) for post in posts],
            limit=max(0, min(int(limit), _MOST_RESULTS)),
        )
        return [(str(match.person_id), round(match.score, 4), match.reason) for match in found]
