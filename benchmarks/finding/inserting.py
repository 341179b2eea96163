"""What it costs to register people: names in clear with pg_trgm, and sealed.

Both write by COPY, which is the fastest for either, 500 people a transaction over one
connection. Sealed people are taken up meanwhile by another process, as the product does it: it
reads what has changed, opens it and gives it to the finder's index or to the tables of tokens.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.finding.plaintext import fold_names
from benchmarks.finding.tokens import Opened
from benchmarks.people import Person
from encryption.keyring import Keyring
from encryption.keysets import KEY_BYTES, KeySet
from registry.finding.index import NameIndex
from registry.finding.tokens.pairs import PersonText

_BATCH = 500
_FETCHED = 5_000
# Whole transactions: a multiple of the batch.
_FOLLOWED = 2 * _BATCH
_PADDED = 32
_COLUMNS = ("given", "family", "place", "born")
_PLAIN = "copy plain_people from stdin (format binary)"
_PLAIN_TYPES = ["uuid", "int4", "text", "text", "text", "text", "text"]
_SEALED = "copy sealed_people (id, post, given, family, place, born) from stdin (format binary)"
_SEALED_TYPES = ["uuid", "int4", "bytea", "bytea", "bytea", "bytea"]
_KEYS = "copy sealed_people_keys from stdin (format binary)"
_KEY_TYPES = ["uuid", "int2", "bytea"]
_READ = """
    select id, post, version, wrapped, given, family, place, born, changed
    from sealed_people join sealed_people_keys using (id)
"""
_KEY = "insert into sealed_people_keys values (%s, %s, %s)"


def _batches(people: Sequence[Person]) -> Iterable[Sequence[Person]]:
    return (people[at : at + _BATCH] for at in range(0, len(people), _BATCH))


def _values(person: Person) -> tuple[str, str, str, str]:
    return person.given_names, person.family_names, person.place, str(person.birth_year)


@dataclass(frozen=True, slots=True)
class TakenUp:
    """People a second: as they register, and until the last of them can be found.

    lag: seconds from the last registration to that moment.
    """

    registered: float
    findable: float
    lag: float


Taker = Callable[[Sequence[Opened]], None]


def list_in(index: NameIndex, people: Iterable[Opened]) -> None:
    """Put people into an index of the finder."""
    for person in people:
        text = person.text
        names = f"{text.given_names} {text.family_names}"
        index.add(person.person_id, names, "", [person.post_id], text.birth_year, text.place)


class Register:
    """Two tables of the same people: in clear with a trigram index, and sealed with keys."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection = psycopg.connect(url, autocommit=True)
        own = (KeySet(1, {1: os.urandom(KEY_BYTES)}) for _ in range(2))
        self._ring = Keyring(*own)
        run = self._connection.execute
        self.drop()
        run(
            "create table plain_people (id uuid primary key, post int, given text, family text, "
            "place text, born text, folded text)"
        )
        # As in the product, whoever follows asks for what changed since a transaction.
        run(
            "create table sealed_people (id uuid primary key, post int, given bytea, "
            "family bytea, place bytea, born bytea, changed int8 default txid_current())"
        )
        run("create index on sealed_people (changed)")
        run("create table sealed_people_keys (id uuid primary key, version int2, wrapped bytea)")

    def index_names(self) -> None:
        """Give the names in clear a trigram index, the least there is to find them."""
        self._connection.execute(
            "create index on plain_people using gin ((given || ' ' || family) gin_trgm_ops)"
        )

    def index_as_searched(self) -> None:
        """Add the indexes with which plain text finds best: of folded names and of places."""
        run = self._connection.execute
        run("create index on plain_people using gin (folded gin_trgm_ops)")
        run("create index on plain_people (place text_pattern_ops)")

    def insert_plain(self, people: Sequence[Person]) -> float:
        """Return people a second. Folding their names is not counted."""
        folded = {person.person_id: fold_names(person.names) for person in people}

        def put(batch: Sequence[Person]) -> None:
            self._copy(
                _PLAIN,
                _PLAIN_TYPES,
                (
                    (each.person_id, each.post_id, *_values(each), folded[each.person_id])
                    for each in batch
                ),
            )

        return self._timed(people, put)

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
            rows.execute(_READ)
            for row in rows:
                opened = self._opened(row)
                listed = time.perf_counter()
                list_in(index, [opened])
                indexing += time.perf_counter() - listed
        listed = time.perf_counter()
        index.settle()
        done = time.perf_counter()
        indexing += done - listed
        return done - begin - indexing, indexing

    def insert_followed(self, people: Sequence[Person], opening: Callable[[], Taker]) -> TakenUp:
        """Register people while another process takes them up with what `opening` gives it."""
        (since,) = self._connection.execute("select txid_current()").fetchone() or (0,)
        ready, done = os.pipe(), os.pipe()
        child = os.fork()
        if not child:
            try:
                take = opening()
                os.write(ready[1], b"!")
                self._follow(since, len(people), take)
                os.write(done[1], b"!")
            finally:
                os._exit(0)
        os.read(ready[0], 1)
        begin = time.perf_counter()
        registered = self.insert_sealed(people)
        last = time.perf_counter()
        os.close(done[1])
        is_whole = os.read(done[0], 1) == b"!"
        end = time.perf_counter()
        os.waitpid(child, 0)
        for end_of_pipe in (*ready, done[0]):
            os.close(end_of_pipe)
        if not is_whole:
            raise RuntimeError("whoever followed ended before everybody was there")
        return TakenUp(registered, len(people) / (end - begin), end - last)

    def _follow(self, since: int, count: int, take: Taker) -> None:
        seen = 0
        with psycopg.connect(self._url, autocommit=True) as connection:
            while seen < count:
                rows = connection.execute(
                    f"{_READ} where changed > %s order by changed limit %s",
                    [since, _FOLLOWED],
                    binary=True,
                ).fetchall()
                if not rows:
                    time.sleep(0.01)
                    continue
                take([self._opened(row) for row in rows])
                seen, since = seen + len(rows), rows[-1][-1]

    def _opened(self, row: Sequence[Any]) -> Opened:
        person_id, post, version, wrapped, *sealed, _ = row
        cipher = AESGCM(self._ring.unwrap(version, wrapped, person_id.bytes))
        given, family, place, born = (
            cipher.decrypt(data[:12], data[12:], person_id.bytes + column.encode())
            .rstrip(b"\0")[:-1]
            .decode()
            for column, data in zip(_COLUMNS, sealed, strict=True)
        )
        return Opened(person_id, post, PersonText(given, family, "", place, int(born)))

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

    def _sealed_batch(self, people: Sequence[Person]) -> None:
        rows, keys = [], []
        for person in people:
            raw = os.urandom(32)
            version, wrapped = self._ring.wrap(raw, person.person_id.bytes)
            keys.append((person.person_id, version, wrapped))
            rows.append((person.person_id, person.post_id, *_sealed(AESGCM(raw), person)))
        self._copy(_SEALED, _SEALED_TYPES, rows)
        self._copy(_KEYS, _KEY_TYPES, keys)

    def _copy(self, sentence: str, types: list[str], rows: Iterable[Sequence[object]]) -> None:
        with self._connection.cursor().copy(sentence) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)

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
