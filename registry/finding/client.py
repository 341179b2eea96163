"""Asking the finder over its socket."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from registry.finding.engine import FinderUnavailable, Match
from registry.finding.users import is_one_of_ours
from registry.finding.wire import Garbled, Inbox, packed, user_at_other_end

__all__ = ["FinderClient", "FinderUnavailable", "search_message", "searched"]

_SECONDS = 1.0


def search_message(query: str, post_ids: Sequence[int] | None, limit: int) -> dict[str, Any]:
    """Return what asks a finder for people by name."""
    posts = None if post_ids is None else list(post_ids)
    return {"do": "search", "query": query, "posts": posts, "limit": limit}


def searched(answer: dict[str, Any]) -> list[Match]:
    """Return the matches in an answer to a search. Raises FinderUnavailable when it has none."""
    try:
        return [
            Match(UUID(person_id), float(score), str(reason))
            for person_id, score, reason in answer["matches"]
        ]
    except (KeyError, TypeError, ValueError):
        raise FinderUnavailable("unexpected answer") from None


class FinderClient:
    """The finder at a socket file. Each thread keeps a connection of its own."""

    def __init__(self, path: str, seconds: float = _SECONDS) -> None:
        self._path = path
        self._seconds = seconds
        self._kept = threading.local()

    def search_names(self, query: str, post_ids: Sequence[int] | None, limit: int) -> list[Match]:
        """Return who may be meant, the likest first, among the people of these posts.

        Raises FinderUnavailable when there is no answer within a second.
        """
        return searched(self.ask(search_message(query, post_ids, limit)))

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to one message. Raises FinderUnavailable."""
        until = time.monotonic() + self._seconds
        is_kept = getattr(self._kept, "connection", None) is not None
        try:
            try:
                answer = self._exchange(message, until)
            except (ConnectionError, Garbled):
                # The finder was started anew since this thread last asked.
                if not is_kept:
                    raise
                answer = self._exchange(message, until)
        except (OSError, Garbled) as error:
            raise FinderUnavailable(type(error).__name__) from None
        if answer.get("state") != "ready":
            raise FinderUnavailable("not ready")
        return answer

    def close(self) -> None:
        """Close this thread's connection."""
        connection = getattr(self._kept, "connection", None)
        self._kept.connection = None
        if connection is not None:
            connection.close()

    def _exchange(self, message: dict[str, Any], until: float) -> dict[str, Any]:
        try:
            connection = self._connection(until)
            connection.sendall(packed(message))
            inbox = Inbox()
            while True:
                connection.settimeout(_left(until))
                arrived = connection.recv(65536)
                if not arrived:
                    raise ConnectionResetError
                for answer in inbox.messages(arrived):
                    return answer
        except BaseException:
            # A late answer must not be taken for that to the next question.
            self.close()
            raise

    def _connection(self, until: float) -> socket.socket:
        kept: socket.socket | None = getattr(self._kept, "connection", None)
        if kept is not None:
            kept.settimeout(_left(until))
            return kept
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(_left(until))
            connection.connect(self._path)
            # Names are told to a finder of our own only.
            if not is_one_of_ours(user_at_other_end(connection)):
                raise PermissionError
        except BaseException:
            connection.close()
            raise
        self._kept.connection = connection
        return connection


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
