"""The tables of tokens. There are two sides: one answers, the other is being built anew.

registry_tokenholder_N   number, person_id, post_ids    who is found, and in whose mandate
registry_nametoken_N     token, holder                  one row for each pair of each person
registry_tokennote_N     number, sealed                 what was counted since the side was built

All are UNLOGGED: in no WAL, on no replica, in no base backup. After a crash they are empty.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Sequence
from sys import byteorder
from typing import Any
from uuid import UUID

from psycopg import Connection, Cursor, sql
from psycopg.adapt import Dumper
from psycopg.pq import Format

# Every token is looked up in the index, one after the other. Left to itself the planner takes
# a long list of tokens for most of the table and reads all of it.
_ONE_BY_ONE = """
    SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
        set_config('enable_mergejoin', 'off', true), set_config('enable_bitmapscan', 'off', true),
        set_config('jit', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)
"""
_MATCHING = """
    SELECT person_id, worth FROM (
        SELECT found.holder, sum(asked.worth) AS worth
        FROM unnest(%(tokens)b::int4[], %(worths)b::float4[]) AS asked (token, worth)
        JOIN {tokens} AS found USING (token)
        GROUP BY found.holder
    ) AS matched JOIN {holders} AS holder ON holder.number = matched.holder
    WHERE {scope}
    ORDER BY worth DESC, number LIMIT %(most)s
"""
_EVERYBODY = sql.SQL("true")
_THESE_POSTS = sql.SQL("holder.post_ids && %(posts)s::int4[]")

_ARRAY = struct.Struct("!iiIii")


class _Packed:
    """Numbers on their way to the server as an array: thousands, so packed in one go."""

    def __init__(self, typecode: str, element: int, numbers: Sequence[float]) -> None:
        self.element = element
        packed: array[Any] = array(typecode, numbers)
        both = array("i", bytes(8 * len(packed)))
        both[0::2] = array("i", [4]) * len(packed)
        both[1::2] = array("i", packed.tobytes())
        if byteorder == "little":
            both.byteswap()
        self.data = _ARRAY.pack(1, 0, element, len(packed), 1) + both.tobytes()


class _PackedDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: _Packed) -> bytes:
        """Return PostgreSQL's binary form of an array."""
        return obj.data


# (number, person, posts, tokens)
Row = tuple[int, UUID, Sequence[int], Sequence[int]]


# What a binary COPY begins and ends with, and what stands between the values of a row.
_COPY_BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END = b"\xff\xff"
_BEFORE_TOKEN, _BEFORE_HOLDER = b"\0\2\0\0\0\4", b"\0\0\0\4"


class Side:
    """One of the two pairs of tables, by number, over a connection of psycopg."""

    def __init__(self, connection: Connection[Any], number: int, prefix: str = "registry") -> None:
        self._connection = connection
        self._number = number
        self._is_product_s = prefix == "registry"
        kinds = ("tokenholder", "nametoken", "tokennote")
        self.tables = [f"{prefix}_{kind}_{number}" for kind in kinds]
        self._names = {
            "holders": sql.Identifier(f"{prefix}_tokenholder_{number}"),
            "tokens": sql.Identifier(f"{prefix}_nametoken_{number}"),
            "notes": sql.Identifier(f"{prefix}_tokennote_{number}"),
            "by_token": sql.Identifier(f"{prefix}_nametoken_{number}_by_token"),
            "by_holder": sql.Identifier(f"{prefix}_nametoken_{number}_by_holder"),
        }

    # --- the tables

    def create(self) -> None:
        """Make the tables, empty and without the index of tokens."""
        self._run(
            "CREATE UNLOGGED TABLE {holders} (number int4 PRIMARY KEY, "
            "person_id uuid NOT NULL UNIQUE, post_ids int4[] NOT NULL)"
        )
        self._run("CREATE UNLOGGED TABLE {tokens} (token int4 NOT NULL, holder int4 NOT NULL)")
        self._run(
            "CREATE UNLOGGED TABLE {notes} (number int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
            "sealed bytea NOT NULL)"
        )
        # Rows stand in the order of their holders: a few bytes find those of one.
        self._run(
            "CREATE INDEX {by_holder} ON {tokens} USING brin (holder) "
            "WITH (pages_per_range = 8, autosummarize = on)"
        )

    def empty(self) -> None:
        """Take everybody out."""
        self._index(is_wanted=False)
        self._run("TRUNCATE {tokens}, {holders}, {notes}")

    def settle(self) -> None:
        """Index what was added to an empty side, so that it can be asked."""
        # With the holder in it no question reads the table itself.
        self._index(is_wanted=True)

    def _index(self, *, is_wanted: bool) -> None:
        if self._is_product_s:
            # The tables belong to a role in which no process runs.
            with self._cursor() as cursor:
                cursor.execute("SELECT registry_index_tokens(%s, %s)", [self._number, is_wanted])
        elif is_wanted:
            self._run("CREATE INDEX IF NOT EXISTS {by_token} ON {tokens} (token, holder)")
        else:
            self._run("DROP INDEX IF EXISTS {by_token}")

    def tidy(self) -> None:
        """Note which pages everybody may see, so that the index alone answers.

        Not inside a transaction.
        """
        self._run("VACUUM (ANALYZE) {tokens}, {holders}")

    # --- people

    def add(self, rows: Iterable[Row]) -> None:
        """Write people who are not there, in the order of their numbers."""
        rows = list(rows)
        with self._cursor() as cursor:
            with cursor.copy(self._sentence("COPY {holders} FROM STDIN (FORMAT binary)")) as copy:
                copy.set_types(["int4", "uuid", "int4[]"])
                for number, person_id, post_ids, _ in rows:
                    copy.write_row((number, person_id, list(post_ids)))
            with cursor.copy(self._sentence("COPY {tokens} FROM STDIN (FORMAT binary)")) as copy:
                copy.write(_COPY_BEGIN)
                for number, _, _, tokens in rows:
                    copy.write(_token_rows(number, tokens))
                copy.write(_COPY_END)

    def remove(self, person_ids: Iterable[UUID]) -> int:
        """Take people out with their tokens; returns how many were there."""
        with self._cursor() as cursor:
            cursor.execute(
                self._sentence("DELETE FROM {holders} WHERE person_id = ANY(%s) RETURNING number"),
                [list(person_ids)],
            )
            numbers = [number for (number,) in cursor.fetchall()]
            for number in numbers:
                cursor.execute(self._sentence("DELETE FROM {tokens} WHERE holder = %s"), [number])
        return len(numbers)

    # --- notes

    def note(self, sealed: bytes) -> int:
        """Keep a note after those before; returns its number."""
        sentence = "INSERT INTO {notes} (sealed) VALUES (%s) RETURNING number"
        with self._cursor() as cursor:
            cursor.execute(self._sentence(sentence), [sealed])
            (number,) = cursor.fetchone() or (0,)
        return int(number)

    def notes(self, after: int) -> list[tuple[int, bytes]]:
        """Return (number, note) of every note after one; 0 for all."""
        sentence = "SELECT number, sealed FROM {notes} WHERE number > %s ORDER BY number"
        with self._cursor() as cursor:
            cursor.execute(self._sentence(sentence), [after])
            return cursor.fetchall()

    # --- asking

    def matching(
        self,
        tokens: Sequence[int],
        worths: Sequence[float],
        post_ids: Sequence[int] | None,
        most: int,
    ) -> list[tuple[UUID, float]]:
        """Return (person, summed worth) of those with the most worth, of these posts alone."""
        values = {
            "tokens": _Packed("i", 23, tokens),
            "worths": _Packed("f", 700, worths),
            "most": most,
            "posts": None if post_ids is None else list(post_ids),
        }
        scope = _EVERYBODY if post_ids is None else _THESE_POSTS
        # Rolled back, so that the transaction around it plans as before.
        with self._connection.transaction(force_rollback=True), self._cursor() as cursor:
            cursor.execute(_ONE_BY_ONE)
            cursor.execute(self._sentence(_MATCHING, scope=scope), values)
            return cursor.fetchall()

    def _cursor(self) -> Cursor[Any]:
        # Parameters travel apart from the sentence: no log of slow sentences shows them.
        cursor = Cursor(self._connection)
        cursor.adapters.register_dumper(_Packed, _PackedDumper)
        return cursor

    def _sentence(self, text: str, **more: sql.Composable) -> sql.Composed:
        return sql.SQL(text).format(**self._names, **more)

    def _run(self, text: str) -> None:
        with self._cursor() as cursor:
            cursor.execute(self._sentence(text))


def _token_rows(holder: int, tokens: Sequence[int]) -> bytes:
    after = _BEFORE_HOLDER + holder.to_bytes(4, "big")
    return b"".join(
        [_BEFORE_TOKEN + token.to_bytes(4, "big", signed=True) + after for token in tokens]
    )
