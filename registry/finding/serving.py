"""The finder's socket: who may ask, and one answer after the other."""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from registry.finding.users import are_several, is_one_of_ours
from registry.finding.wire import Garbled, Inbox, packed, user_at_other_end

logger = logging.getLogger(__name__)

_MOST_CONNECTIONS = 256
_MOST_UNSENT = 1024 * 1024

Answerer = Callable[[dict[str, Any]], dict[str, Any]]


class AlreadyRunning(Exception):
    """Another finder listens at this socket file."""


class _Caller:
    """One connection: what arrived in pieces, and what could not be sent yet."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.inbox = Inbox()
        self.unsent = bytearray()


class Server:
    """Answers over a Unix socket that only processes of our own users can open.

    Everything happens in the thread that calls `wait`; `wake` may be called from any, and
    from a signal handler.
    """

    def __init__(self, path: str, answer: Answerer) -> None:
        self._path = Path(path)
        self._answer = answer
        self._callers: dict[int, _Caller] = {}
        self._selector = selectors.DefaultSelector()
        # First, because it may be refused, and nothing is open yet.
        self._listener = _listener_at(self._path)
        self._bell, self._ringer = socket.socketpair()
        for end in (self._bell, self._ringer, self._listener):
            end.settimeout(0)
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._selector.register(self._listener, selectors.EVENT_READ)

    def wake(self) -> None:
        """Let `wait` return now."""
        with contextlib.suppress(BlockingIOError, OSError):
            self._ringer.send(b"!")

    def wait(self, seconds: float) -> None:
        """Serve what is ready; wait up to `seconds` for something to be."""
        for key, events in self._selector.select(seconds):
            if key.fileobj is self._bell:
                with contextlib.suppress(BlockingIOError):
                    self._bell.recv(4096)
            elif key.fileobj is self._listener:
                self._accept()
            else:
                self._serve(self._callers[key.fd], events)

    def close(self) -> None:
        """Close every connection and remove the socket file."""
        for caller in list(self._callers.values()):
            self._drop(caller)
        self._selector.close()
        for end in (self._listener, self._bell, self._ringer):
            end.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        user = user_at_other_end(connection)
        if not is_one_of_ours(user) or len(self._callers) >= _MOST_CONNECTIONS:
            logger.warning("caller refused", extra={"user_id": user})
            connection.close()
            return
        connection.settimeout(0)
        self._callers[connection.fileno()] = _Caller(connection)
        self._selector.register(connection, selectors.EVENT_READ)

    def _serve(self, caller: _Caller, events: int) -> None:
        try:
            if events & selectors.EVENT_READ:
                self._read(caller)
            self._send(caller)
        except (OSError, Garbled, EOFError):
            self._drop(caller)

    def _read(self, caller: _Caller) -> None:
        arrived = caller.connection.recv(65536)
        if not arrived:
            raise EOFError
        for message in caller.inbox.messages(arrived):
            caller.unsent += packed(self._answer(message))
            if len(caller.unsent) > _MOST_UNSENT:
                raise Garbled

    def _send(self, caller: _Caller) -> None:
        if caller.unsent:
            with contextlib.suppress(BlockingIOError):
                sent = caller.connection.send(caller.unsent)
                del caller.unsent[:sent]
        waiting = selectors.EVENT_WRITE if caller.unsent else 0
        self._selector.modify(caller.connection, selectors.EVENT_READ | waiting)

    def _drop(self, caller: _Caller) -> None:
        self._selector.unregister(caller.connection)
        del self._callers[caller.connection.fileno()]
        caller.connection.close()


def _listener_at(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _clear_away(path)
        # Different users reach it through a group they share; each is checked when it calls.
        before = os.umask(0o117 if are_several() else 0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
        listener.listen(64)
    except BaseException:
        listener.close()
        raise
    return listener


def _clear_away(path: Path) -> None:
    """Remove the socket file of a finder that is no more. Raises AlreadyRunning."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except FileNotFoundError:
            return
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
    raise AlreadyRunning
