"""What goes over the finder's socket: JSON objects, each after its length in four bytes."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator, Mapping
from typing import Any

_LENGTH = struct.Struct("!I")
# A query is short and an answer holds ids: more than this is a mistake or mischief.
MOST_BYTES = 256 * 1024
_CREDENTIALS = struct.Struct("3i")


class Garbled(Exception):
    """What came is not a message of ours."""


def packed(message: Mapping[str, Any]) -> bytes:
    """Return a message as it goes over the wire."""
    text = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    return _LENGTH.pack(len(text)) + text


class Inbox:
    """Puts messages together from whatever pieces arrive."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def messages(self, arrived: bytes) -> Iterator[dict[str, Any]]:
        """Yield the messages that are complete now. Raises Garbled."""
        self._bytes += arrived
        while len(self._bytes) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._bytes)
            if length > MOST_BYTES:
                raise Garbled
            end = _LENGTH.size + length
            if len(self._bytes) < end:
                return
            text = bytes(self._bytes[_LENGTH.size : end])
            del self._bytes[:end]
            yield _read(text)


def _read(text: bytes) -> dict[str, Any]:
    try:
        message = json.loads(text)
    except ValueError:
        raise Garbled from None
    if not isinstance(message, dict):
        raise Garbled
    return message


def user_at_other_end(connection: socket.socket) -> int:
    """Return the user id of the process at the other end of a Unix socket."""
    size = _CREDENTIALS.size
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    _process, user, _group = _CREDENTIALS.unpack(credentials)
    return int(user)
