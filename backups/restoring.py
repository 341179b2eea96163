"""Restoring a set into an empty database, which then may not serve yet."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from backups import manifests, programs
from backups.contents import Kind
from backups.errors import BackupError
from backups.manifests import Manifest, Piece
from encryption import copies
from encryption.keyring import SealError

# The mark must be there before the first row of anybody is.
_MARK = """
    INSERT INTO {} (id, set_name, made_at, restored_at) VALUES (0, %s, %s, clock_timestamp())"""


def restore(kind: Kind, folder: Path, secret: str) -> Manifest:
    """Restore the set in `folder` into the database of its kind, which must be empty.

    The database is left marked as restored: no process serves from it before
    `backups.applying.apply_erasures`. Raises BackupError.
    """
    manifest = manifests.read(folder)
    if manifest.kind is not kind:
        raise BackupError(f"{manifest.set_name} is a set of the other database")
    manifests.verify_pieces(folder, manifest)
    _refuse_unknown_schema(manifest)
    _refuse_full(kind)
    connections[kind.alias].close()
    dump, *tables = manifest.pieces
    options = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
    try:
        for section in ("pre-data", "data", "post-data"):
            if section == "data":
                _mark(kind, manifest)
            programs.feed(
                "pg_restore",
                kind.alias,
                [*options, f"--section={section}"],
                _content(folder, manifest, dump, secret),
            )
            if section == "data":
                _fill(kind, folder, manifest, tables, secret)
    except SealError as error:
        raise BackupError(str(error)) from None
    except copies.NotARecoveryKey as error:
        raise BackupError(f"the recovery key: {error}") from None
    return manifest


def _content(folder: Path, manifest: Manifest, piece: Piece, secret: str) -> Iterator[bytes]:
    with (folder / piece.file).open("rb") as file:
        yield from copies.open_copy(secret, manifest.name_of(piece.file), file)


def _fill(kind: Kind, folder: Path, manifest: Manifest, pieces: list[Piece], secret: str) -> None:
    with programs.connect(kind.alias) as connection:
        for piece in pieces:
            query = sql.SQL("COPY {} ({}) FROM STDIN").format(
                sql.Identifier(piece.table),
                sql.SQL(", ").join(sql.Identifier(column) for column in piece.columns),
            )
            with connection.cursor() as cursor, cursor.copy(query) as copy:
                for data in _content(folder, manifest, piece, secret):
                    copy.write(data)
        _verify_rows(connection, manifest)


def _verify_rows(connection: psycopg.Connection[Any], manifest: Manifest) -> None:
    for table, expected in manifest.rows.items():
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        row = connection.execute(query).fetchone()
        if row is None or row[0] != expected:
            raise BackupError(f"{table} does not hold the {expected} rows that were backed up")


def _mark(kind: Kind, manifest: Manifest) -> None:
    with programs.connect(kind.alias) as connection:
        connection.execute(
            sql.SQL(_MARK).format(sql.Identifier(kind.mark_table)),
            [manifest.set_name, manifest.made_at],
        )


def _refuse_full(kind: Kind) -> None:
    with programs.connect(kind.alias) as connection:
        row = connection.execute(
            """SELECT count(*) FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'p', 'S')"""
        ).fetchone()
    if row is None or row[0]:
        raise BackupError("the database is not empty; make a new one and name it in the settings")


def _refuse_unknown_schema(manifest: Manifest) -> None:
    known = {".".join(key) for key in MigrationLoader(None).disk_migrations}
    # Migrations of other products' apps may have gone; ours never do.
    newer = sorted(set(manifest.migrations) - known)
    if newer:
        names = ", ".join(itertools.islice(newer, 3))
        raise BackupError(f"the set was made by a newer version of the product ({names})")
