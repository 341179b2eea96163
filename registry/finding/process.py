"""The finder as a process of its own: names in its memory, ids on its socket, nothing on disk."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import resource
import socket
import socketserver
import struct
import threading
from pathlib import Path

from django.db import Error, close_old_connections

from registry.finding import wire
from registry.finding.following import Follower
from registry.finding.index import NameIndex

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
MOST_MATCHES = 100
_PR_SET_DUMPABLE = 4
_MCL_CURRENT_AND_FUTURE = 3


def keep_memory_private() -> None:
    """No core dump, no other process of this user looking in, no page on a swap disk if we may."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        if libc.mlockall(_MCL_CURRENT_AND_FUTURE) != 0:
            logger.warning("finder memory may be swapped code=%d", ctypes.get_errno())


class _Handler(socketserver.BaseRequestHandler):
    """Answers the questions of one connection."""

    server: FinderServer

    def handle(self) -> None:
        connection: socket.socket = self.request
        connection.settimeout(10)
        with contextlib.suppress(OSError, ValueError):
            while (question := wire.receive(connection)) is not None:
                wire.send(connection, self._answer(question))

    def _answer(self, question: dict[str, object]) -> dict[str, object]:
        query, posts, limit = (question.get(name) for name in ("query", "post_ids", "limit"))
        if not isinstance(query, str) or not isinstance(limit, int):
            raise ValueError("not a question")
        post_ids = [int(str(post)) for post in posts] if isinstance(posts, list) else None
        with self.server.lock:
            matches = self.server.index.search(
                query, post_ids=post_ids, limit=max(0, min(limit, MOST_MATCHES))
            )
        return {"matches": [[str(m.person_id), m.score, m.reason] for m in matches]}


class FinderServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Serves one index on a Unix socket that only this user (and root) may use."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path: str, index: NameIndex, lock: threading.Lock) -> None:
        self.index = index
        self.lock = lock
        with contextlib.suppress(FileNotFoundError):
            Path(path).unlink()
        before = os.umask(0o177)
        try:
            super().__init__(path, _Handler)
        finally:
            os.umask(before)

    def verify_request(self, request: object, client_address: object) -> bool:
        """Turn away other users, whatever the rights of the socket file say."""
        assert isinstance(request, socket.socket)
        credentials = request.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        _pid, uid, _gid = struct.unpack("3i", credentials)
        return uid in (os.getuid(), 0)

    def handle_error(self, request: object, client_address: object) -> None:
        """Log that a connection went wrong, and nothing of what it said."""
        logger.warning("finder connection broke")


class FinderProcess:
    """Loads, serves and follows until told to stop."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.index = NameIndex()
        self.lock = threading.Lock()
        self.follower = Follower(self.index, self.lock)
        self._stop = threading.Event()

    def run(self) -> None:
        """Run until `stop`. The socket appears once everybody is loaded."""
        self.follower.load()
        with FinderServer(self.path, self.index, self.lock) as server:
            serving = threading.Thread(target=server.serve_forever, daemon=True)
            serving.start()
            logger.info("finder ready count=%d", len(self.index))
            while not self._stop.wait(POLL_SECONDS):
                self._follow()
            server.shutdown()
        with contextlib.suppress(FileNotFoundError):
            Path(self.path).unlink()

    def stop(self) -> None:
        """End `run` soon."""
        self._stop.set()

    def _follow(self) -> None:
        close_old_connections()
        try:
            self.follower.follow()
        except Error as trouble:
            # The database is away: keep answering, and catch up when it is back.
            logger.warning("finder cannot follow error=%s", type(trouble).__name__)
