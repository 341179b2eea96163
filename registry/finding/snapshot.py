"""The index in a file, sealed, so that the finder is back within seconds of a restart.

The file holds every name under one key. It must not go into any backup, and it outlives an
erasure until it is written anew, so it is written anew at least once a day and thrown away
when it is older, when the rules of normalising changed, or when the database is not the one it
was made from. A snapshot that cannot be used is no failure: the index is filled from the
database instead.
"""

from __future__ import annotations

import datetime
import json
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_hex

from encryption.keyring import SealError, keyring
from registry.finding.index import NameIndex
from registry.finding.normalising import NORM_VERSION

FORMAT = 2
LONGEST_AGE = datetime.timedelta(days=1)
_LENGTH = struct.Struct("!Q")
_Write = Callable[[bytes], int]
_Read = Callable[[int], bytes]
_STAMP_LETTERS = 32


class Unusable(Exception):
    """The snapshot is missing, altered, old, or of another installation."""


@dataclass(frozen=True)
class Moment:
    """What an index knew: which database, all transactions before `oldest_open`, which day.

    share: the label of the posts whose people it held.
    """

    origin: str
    oldest_open: int
    next: int
    day: str
    made_at: str
    share: str = ""


def write(path: Path, index: NameIndex, moment: Moment) -> None:
    """Seal an index into a file that takes the place of the one before in one step."""
    stamp = token_hex(_STAMP_LETTERS // 2)
    parts = index.parts()
    contents = {
        "format": FORMAT,
        "norm": NORM_VERSION,
        "moment": asdict(moment),
        "parts": list(parts),
    }
    unfinished = path.with_name(f"{path.name}.unfinished")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(stamp.encode("ascii"))
        _write_sealed(file.write, stamp, "contents", json.dumps(contents).encode())
        for name, data in parts.items():
            _write_sealed(file.write, stamp, name, data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def read(path: Path, now: datetime.datetime) -> tuple[NameIndex, Moment]:
    """Return the index in a file and what it knew. Raises Unusable."""
    try:
        with path.open("rb") as file:
            stamp = file.read(_STAMP_LETTERS).decode("ascii")
            sealed = _sealed_parts(file.read)
            contents = json.loads(_open(stamp, "contents", next(sealed, b"")))
            if contents["format"] != FORMAT or contents["norm"] != NORM_VERSION:
                raise Unusable("other rules")
            moment = Moment(**contents["moment"])
            if not now - LONGEST_AGE < datetime.datetime.fromisoformat(moment.made_at) <= now:
                raise Unusable("old")
            parts = {name: _open(stamp, name, next(sealed, b"")) for name in contents["parts"]}
    except FileNotFoundError:
        raise Unusable("missing") from None
    except (OSError, SealError, UnicodeDecodeError, struct.error):
        raise Unusable("altered") from None
    return NameIndex.restored(parts), moment


def _purpose(stamp: str, name: str) -> str:
    # The stamp keeps parts of two snapshots from being mixed, the name keeps their places.
    return f"finder-snapshot|{stamp}|{name}"


def _write_sealed(write: _Write, stamp: str, name: str, data: bytes) -> None:
    sealed = keyring().seal_for_system(_purpose(stamp, name), data)
    write(_LENGTH.pack(len(sealed)))
    write(sealed)


def _open(stamp: str, name: str, sealed: bytes) -> bytes:
    return keyring().open_for_system(_purpose(stamp, name), sealed)


def _sealed_parts(read: _Read) -> Iterator[bytes]:
    while header := read(_LENGTH.size):
        (length,) = _LENGTH.unpack(header)
        yield read(length)
