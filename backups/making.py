"""Making a backup set of one database, sealed for a recovery key that is not on this host."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import IO, Any

import psycopg
from django.conf import settings
from django.utils import timezone
from psycopg import sql

from backups import erasure_files, manifests, programs
from backups.contents import Kind, left_out
from backups.errors import BackupError
from backups.manifests import Manifest, Piece
from encryption import copies
from walls.roles import DatabaseRole

Connection = psycopg.Connection[tuple[Any, ...]]
_DUMP = "dump"


def back_up(kind: Kind, folder: Path, recovery_key: str) -> Manifest:
    """Write a new set below `folder` and return what it holds.

    Everything in it is of one moment. The journal of erasures in `folder` is brought up to
    date with it. Raises BackupError; then no set is left.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_mixing(kind, folder)
    now = timezone.now()
    name = f"{kind.name}-{now:%Y%m%dT%H%M%S}-{token_hex(4)}"
    unfinished = folder / f".{name}.unfinished"
    unfinished.mkdir(mode=0o700)
    try:
        with _one_moment(kind.alias) as (connection, snapshot):
            manifest = Manifest(
                set_name=name,
                kind_name=kind.name,
                made_at=now.isoformat(),
                build=settings.APP_BUILD,
                server_version=connection.info.server_version,
                migrations=_migrations(connection),
                rows=_rows(connection, kind),
                left_out=tuple(sorted(left_out(kind))),
                pieces=tuple(_pieces(connection, snapshot, kind, unfinished, name, recovery_key)),
                erasures=_erasures(connection, kind),
            )
        manifests.write(unfinished, manifest)
        unfinished.rename(folder / name)
    except copies.NotARecoveryKey as error:
        raise BackupError(f"RECOVERY_KEY: {error}") from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    erasure_files.write_down(folder / erasure_files.NAME)
    return manifest


def on_one_server() -> bool:
    """Tell whether both databases are on one server, whose own backups would hold both."""
    found = []
    for alias in ("default", "keys"):
        with programs.connect(alias) as connection:
            try:
                row = connection.execute(
                    "SELECT system_identifier FROM pg_control_system()"
                ).fetchone()
            except psycopg.errors.InsufficientPrivilege:
                return False
            found.append(row)
    return found[0] == found[1]


def _refuse_mixing(kind: Kind, folder: Path) -> None:
    for path in manifests.sets_in(folder):
        if not path.name.startswith(f"{kind.name}-"):
            raise BackupError(
                f"{folder} holds sets of the other database; keep them apart, or a thief of "
                "one folder has both, and neither can be kept for a time of its own"
            )


@contextmanager
def _one_moment(alias: str) -> Iterator[tuple[Connection, str]]:
    with programs.connect(alias) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        yield connection, str(row[0])


def _pieces(
    connection: Connection,
    snapshot: str,
    kind: Kind,
    folder: Path,
    name: str,
    recovery_key: str,
) -> Iterator[Piece]:
    def sealed(file: str, source: IO[bytes], **more: Any) -> Piece:
        path = folder / f"{file}.sealed"
        with path.open("xb") as target:
            path.chmod(0o600)
            copies.seal_copy(recovery_key, f"{name}/{path.name}", source, target)
        with path.open("rb") as written:
            digest = copies.digest_of(written)
        return Piece(path.name, digest, path.stat().st_size, **more)

    without = sorted(left_out(kind) | set(kind.replaced))
    options = [
        *("--format=custom", f"--snapshot={snapshot}", "--no-owner", "--no-privileges"),
        # The one role that no row policy holds back; pg_dump refuses to write less than all.
        f"--role={DatabaseRole.BACKUP}",
        # Derived by construction: PostgreSQL itself empties them after a crash.
        "--no-unlogged-table-data",
        *(f"--exclude-table-data=public.{table}" for table in without),
    ]
    with programs.reading("pg_dump", kind.alias, options) as dumped:
        yield sealed(_DUMP, dumped)
    for table, instead in kind.replaced.items():
        columns = _columns(connection, table)
        chosen = sql.SQL(", ").join(
            sql.SQL(instead[column]) if column in instead else sql.Identifier(column)
            for column in columns
        )
        query = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(chosen, sql.Identifier(table))
        with connection.cursor() as cursor, cursor.copy(query) as copied:
            yield sealed(table, _readable(copied.read), table=table, columns=columns)


def _readable(read: Callable[[], Any]) -> IO[bytes]:
    return io.BufferedReader(_Blocks(read))


class _Blocks(io.RawIOBase):
    """Gives what a COPY yields block by block as one stream."""

    def __init__(self, read: Callable[[], Any]) -> None:
        self._read = read
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            self._left = bytes(self._read())
        part, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def _columns(connection: Connection, table: str) -> tuple[str, ...]:
    found = connection.execute(
        """SELECT attname FROM pg_attribute
            WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
              AND attgenerated = '' ORDER BY attnum""",
        [f"public.{table}"],
    )
    return tuple(str(name) for (name,) in found)


def _migrations(connection: Connection) -> tuple[str, ...]:
    found = connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
    return tuple(str(name) for (name,) in found)


def _erasures(connection: Connection, kind: Kind) -> int:
    table = "registry_erasedperson" if kind.name == "data" else "encryption_erasure"
    return _count(connection, table)


def _rows(connection: Connection, kind: Kind) -> dict[str, int]:
    """Return how many rows each table has whose rows are in the set."""
    tables = connection.execute(
        """SELECT relname FROM pg_class
            WHERE relkind = 'r' AND relpersistence = 'p' AND relnamespace = 'public'::regnamespace
            ORDER BY 1"""
    ).fetchall()
    names = [str(name) for (name,) in tables if name not in left_out(kind)]
    return {name: _count(connection, name) for name in names}


def _count(connection: Connection, table: str) -> int:
    row = connection.execute(
        sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
    ).fetchone()
    assert row is not None
    return int(row[0])
