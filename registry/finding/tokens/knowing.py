"""What a process must know of a build to ask it or add to it: tables, keys, counts."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import Connection

from encryption.keyring import keyring
from encryption.pair_tokens import PairTokens
from registry.finding.tokens.counts import Counts
from registry.finding.tokens.sides import Side
from registry.models import TokenBuild

# Notes are as long as notes on people with more names.
_NOTED_TO = 48


def side_of(build: TokenBuild) -> Side:
    """Return the tables of a build over Django's connection."""
    connection.ensure_connection()
    driver: Connection[Any] = connection.connection
    return Side(driver, build.side)


def tokens_of(build: TokenBuild) -> PairTokens:
    """Return what makes this build's tokens; raises SealError without its index key."""
    return PairTokens(keyring(), f"names|{build.pk}", build.key_version)


def counts_purpose(build: TokenBuild) -> str:
    """Name what seals the counts of a build."""
    return f"token-counts|{build.pk}"


def note_purpose(build: TokenBuild) -> str:
    """Name what seals the notes of a build."""
    return f"token-note|{build.pk}"


def noted(places: array[int]) -> bytes:
    """Return places as the plain text of a note: how many, they themselves, and filling."""
    filling = -(len(places) + 1) % _NOTED_TO
    return (array("I", [len(places)]) + places).tobytes() + bytes(places.itemsize * filling)


def places_noted(note: bytes) -> array[int]:
    """Undo `noted`."""
    count, *places = array("I", note)
    return array("I", places[:count])


@dataclass
class Known:
    """How many people hold each pair, up to a note."""

    build_id: UUID
    counts: Counts
    noted: int = 0


class KnownCounts:
    """The counts of the side that answers, in memory: 32 MB a million people."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: Known | None = None

    @contextmanager
    def of(self, build: TokenBuild) -> Iterator[Known]:
        """Lend the counts of a build, with everything noted since they were sealed."""
        with self._lock:
            if self._known is None or self._known.build_id != build.pk:
                sealed = TokenBuild.objects.values_list("counts", flat=True).get(pk=build.pk)
                opened = keyring().open_for_system(counts_purpose(build), bytes(sealed))
                self._known = Known(build.pk, Counts.opened(opened))
            known = self._known
            for number, note in side_of(build).notes(known.noted):
                opened = keyring().open_for_system(note_purpose(build), bytes(note))
                known.counts.take(places_noted(opened))
                known.noted = number
            yield known


known_counts = KnownCounts()
