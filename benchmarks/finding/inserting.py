"""What it costs to register people: names in clear with pg_trgm, and sealed with the finder."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.people import Person
from encryption.keyring import Keyring
from encryption.keysets import KEY_BYTES, KeySet
from registry.finding.index import NameIndex

_BATCH = 500
_FETCHED = 5_000
_PADDED = 32
_COLUMNS = ("given", "family", "place", "born")
_PLAIN = "insert into plain_people values (%s, %s, %s, %s, %s, %s)"
_SEALED = "insert into sealed_people values (%s, %s, %s, %s, %s, %s)"
_KEY = "insert into sealed_people_keys values (%s, %s, %s)"


def _batches(people: Sequence[Person]) -> Iterable[Sequence[Person]]:
    return (people[at : at + _BATCH] for at in range(0, len(people), _BATCH))


def _values(person: Person) -> tuple[str, str, str, str]:
    return person.given_names, person.family_names, person.place, str(person.birth_year)


class Register:
    """Two tables of the same people: in clear with a trigram index, and sealed with keys."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        own = (KeySet(1, {1: os.urandom(KEY_BYTES)}) for _ in range(2))
        self._ring = Keyring(*own)
        run = self._connection.execute
        self.drop()
        run(
            "create table plain_people (id uuid primary key, post int, given text, family text, "
            "place text, born text)"
        )
        run(
            "create table sealed_people (id uuid primary key, post int, given bytea, "
            "family bytea, place bytea, born bytea)"
        )
        run("create table sealed_people_keys (id uuid primary key, version int2, wrapped bytea)")

    def index_plain(self, method: str) -> None:
        """Give the names in clear a trigram index: gin or gist."""
        self._connection.execute(
            "create index on plain_people "
            f"using {method} ((given || ' ' || family) {method}_trgm_ops)"
        )

    def insert_plain(self, people: Sequence[Person]) -> float:
        """Return people a second."""
        return self._timed(people, self._plain_batch)

    def insert_sealed(self, people: Sequence[Person]) -> float:
        """Return people a second, sealing them included."""
        return self._timed(people, self._sealed_batch)

    def fill_from_ciphertext(self, index: NameIndex) -> tuple[float, float]:
        """Fill an empty index from the sealed rows; return seconds to read and to index."""
        begin = time.perf_counter()
        index.load_later()
        indexing = 0.0
        with self._connection.transaction(), self._connection.cursor("sealed", binary=True) as rows:
            rows.itersize = _FETCHED
            rows.execute(
                "select id, post, version, wrapped, given, family, place, born "
                "from sealed_people join sealed_people_keys using (id)"
            )
            for person_id, post, version, wrapped, *sealed in rows:
                cipher = AESGCM(self._ring.unwrap(version, wrapped, person_id.bytes))
                given, family, place, born = (
                    cipher.decrypt(data[:12], data[12:], person_id.bytes + column.encode())
                    .rstrip(b"\0")[:-1]
                    .decode()
                    for column, data in zip(_COLUMNS, sealed, strict=True)
                )
                listed = time.perf_counter()
                index.add(person_id, f"{given} {family}", "", [post], int(born), place)
                indexing += time.perf_counter() - listed
        listed = time.perf_counter()
        index.settle()
        done = time.perf_counter()
        indexing += done - listed
        return done - begin - indexing, indexing

    def drop(self) -> None:
        """Remove the tables."""
        self._connection.execute(
            "drop table if exists plain_people, sealed_people, sealed_people_keys"
        )

    def _timed(self, people: Sequence[Person], put: Callable[[Sequence[Person]], None]) -> float:
        begin = time.perf_counter()
        for batch in _batches(people):
            with self._connection.transaction():
                put(batch)
        return len(people) / (time.perf_counter() - begin)

    def _plain_batch(self, people: Sequence[Person]) -> None:
        rows = [(person.person_id, person.post_id, *_values(person)) for person in people]
        self._connection.cursor().executemany(_PLAIN, rows)

    def _sealed_batch(self, people: Sequence[Person]) -> None:
        rows, keys = [], []
        for person in people:
            raw = os.urandom(32)
            version, wrapped = self._ring.wrap(raw, person.person_id.bytes)
            keys.append((person.person_id, version, wrapped))
            rows.append((person.person_id, person.post_id, *_sealed(AESGCM(raw), person)))
        cursor = self._connection.cursor()
        cursor.executemany(_SEALED, rows)
        cursor.executemany(_KEY, keys)

    def close(self) -> None:
        """Remove the tables and close the connection."""
        self.drop()
        self._connection.close()


def _sealed(cipher: AESGCM, person: Person) -> Iterable[bytes]:
    """Seal the values as the register does: padded, and bound to their place."""
    for column, value in zip(_COLUMNS, _values(person), strict=True):
        plain, nonce = value.encode() + b"\x80", os.urandom(12)
        padded = plain.ljust(-(-len(plain) // _PADDED) * _PADDED, b"\0")
        yield nonce + cipher.encrypt(nonce, padded, person.person_id.bytes + column.encode())
