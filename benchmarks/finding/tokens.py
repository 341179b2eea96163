"""The same people in PostgreSQL, sealed, and found by tokens of pairs of words."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.finding.mutating import Question
from benchmarks.people import Person
from encryption.keyring import Keyring
from encryption.keysets import KEY_BYTES, KeySet
from encryption.pair_tokens import PairTokens
from registry.finding.tokens.counts import Counts
from registry.finding.tokens.pairs import PersonText
from registry.finding.tokens.searching import TokenSearch
from registry.finding.tokens.sides import Side
from registry.finding.tokens.tokenising import Tokeniser

_PAGE = 2000
_PEOPLE = "token_benchmark_person"
_COLUMNS = ("given", "family", "place", "born")


def _own_keys() -> KeySet:
    """Return a key set for this run alone."""
    return KeySet(1, {1: os.urandom(KEY_BYTES)})


def text_of(person: Person) -> PersonText:
    """Return what the register would know of a person."""
    return PersonText(person.given_names, person.family_names, "", person.place, person.birth_year)


@dataclass(frozen=True, slots=True)
class Opened:
    """Somebody as whoever follows the register reads them."""

    person_id: UUID
    post_id: int
    text: PersonText


def _values(text: PersonText) -> tuple[str, str, str, str]:
    return text.given_names, text.family_names, text.place, str(text.birth_year)


def _seal(cipher: AESGCM, value: str, place: str) -> bytes:
    """Seal a value as the register does, bound to its place and padded."""
    plain = value.encode() + b"\x80"
    nonce = os.urandom(12)
    return nonce + cipher.encrypt(
        nonce, plain.ljust(-(-len(plain) // 32) * 32, b"\0"), place.encode()
    )


def _opened(cipher: AESGCM, data: bytes, place: str) -> str:
    plain = cipher.decrypt(data[:12], data[12:], place.encode())
    return plain.rstrip(b"\0")[:-1].decode()


class SealedTokens:
    """Sealed names and tokens in tables of their own, dropped at the end."""

    def __init__(self, url: str, population: list[Person]) -> None:
        self._url = url
        self._connection = psycopg.connect(url, autocommit=True)
        self._ring = Keyring(_own_keys(), _own_keys())
        self._tokens = PairTokens(self._ring, "names", 1)
        self._counts = Counts.for_people(len(population))
        self._tokeniser = Tokeniser(self._tokens, self._counts)
        self._side = Side(self._connection, 0, "token_benchmark")
        self._drop()
        self._side.create()
        self._connection.execute(
            f"create table {_PEOPLE} (id uuid primary key, version int2, wrapped bytea, "
            "given bytea, family bytea, place bytea, born bytea)"
        )
        self._number = 1
        self.opened = 0
        for at in range(0, len(population), _PAGE):
            self.insert(population[at : at + _PAGE])
        self._side.settle()
        self._side.tidy()
        self._connection.execute(f"vacuum analyze {_PEOPLE}")
        self._search = TokenSearch(
            self._side, self._tokens, self._counts, len(population), self._open
        )

    def insert(self, people: Sequence[Person]) -> None:
        """Write people, sealed, and their tokens."""
        self.take_up([Opened(each.person_id, each.post_id, text_of(each)) for each in people])
        self._seal(people)

    def reconnect(self) -> None:
        """Use a connection of one's own from now on, in a process that was forked off."""
        self._connection = psycopg.connect(self._url, autocommit=True)
        self._side = Side(self._connection, 0, "token_benchmark")

    def take_up(self, people: Sequence[Opened]) -> None:
        """Write the tokens of people."""
        made = self._tokeniser.tokens_of([(each.text, [each.post_id]) for each in people])
        rows = [
            (number, person.person_id, [person.post_id], tokens)
            for number, (person, (tokens, _)) in enumerate(
                zip(people, made, strict=True), self._number
            )
        ]
        self._number += len(people)
        self._side.add(rows)

    def _seal(self, people: Sequence[Person]) -> None:
        with self._connection.cursor().copy(f"copy {_PEOPLE} from stdin (format binary)") as copy:
            copy.set_types(["uuid", "int2", "bytea", "bytea", "bytea", "bytea", "bytea"])
            for person in people:
                raw = secrets.token_bytes(32)
                version, wrapped = self._ring.wrap(raw, person.person_id.bytes)
                cipher = AESGCM(raw)
                sealed = [
                    _seal(cipher, value, f"{column}|{person.person_id}")
                    for column, value in zip(_COLUMNS, _values(text_of(person)), strict=True)
                ]
                copy.write_row((person.person_id, version, wrapped, *sealed))

    def _open(self, person_ids: Sequence[UUID]) -> dict[UUID, PersonText]:
        self.opened += len(person_ids)
        found = {}
        rows = self._connection.execute(
            f"select id, version, wrapped, {', '.join(_COLUMNS)} from {_PEOPLE} "  # noqa: S608
            "where id = any(%s)",
            [list(person_ids)],
            binary=True,
        ).fetchall()
        for person_id, version, wrapped, *sealed in rows:
            raw = self._ring.unwrap(version, wrapped, person_id.bytes)
            cipher = AESGCM(raw)
            given, family, place, born = (
                _opened(cipher, data, f"{column}|{person_id}")
                for column, data in zip(_COLUMNS, sealed, strict=True)
            )
            found[person_id] = PersonText(given, family, "", place, int(born))
        return found

    def search(self, question: Question) -> list[UUID]:
        """Find by tokens; at most 300 people are opened."""
        return [match.person_id for match in self._search.search(question.query, None, 20)]

    def _drop(self) -> None:
        for name in (*self._side.tables, _PEOPLE):
            self._connection.execute(f"drop table if exists {name}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._drop()
        self._connection.close()
