"""PostgreSQL's own programs, started with the addresses of our databases."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import pq
from psycopg.conninfo import make_conninfo

from backups.errors import BackupError


def connect(alias: str) -> psycopg.Connection[tuple[object, ...]]:
    """Open a connection of its own to one of our databases."""
    conninfo, password = _address(alias)
    return psycopg.connect(conninfo, password=password)


@contextmanager
def reading(name: str, alias: str, options: Sequence[str]) -> Iterator[IO[bytes]]:
    """Run a program on a database and give its output; raises BackupError when it fails."""
    with _running(name, alias, options, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield process.stdout


def feed(name: str, alias: str, options: Sequence[str], pieces: Iterable[bytes]) -> None:
    """Run a program on a database with this input; raises BackupError when it fails."""
    with _running(name, alias, options, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        # It may close early: having read all it wants, or failing, which its status tells.
        try:
            with suppress(BrokenPipeError):
                for piece in pieces:
                    process.stdin.write(piece)
        finally:
            with suppress(BrokenPipeError):
                process.stdin.close()


@contextmanager
def _running(
    name: str,
    alias: str,
    options: Sequence[str],
    *,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.DEVNULL,
) -> Iterator[subprocess.Popen[bytes]]:
    conninfo, password = _address(alias)
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [find(name), *options, "--dbname", conninfo, "--no-password"],
            stdin=stdin,
            stdout=stdout,
            stderr=said,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "PGPASSWORD": password},
        )
        with process:
            try:
                yield process
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            said.seek(0)
            raise BackupError(_fault(name, said.read().decode("utf-8", "replace")))


def find(name: str) -> str:
    """Return the path of a PostgreSQL program: from POSTGRES_PROGRAMS, else from PATH."""
    folder: str = settings.POSTGRES_PROGRAMS
    program = Path(folder) / name if folder else None
    if program is not None and program.exists():
        return str(program)
    found = None if folder else shutil.which(name)
    if found is None:
        raise BackupError(
            f"{name} was not found: install PostgreSQL's client programs, or name their "
            "folder in POSTGRES_PROGRAMS"
        )
    return found


def _address(alias: str) -> tuple[str, str]:
    """Return how to reach a database, and the password apart: a command line is public."""
    given = connections[alias].get_connection_params()
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    parameters = {
        key: value
        for key, value in given.items()
        if key in known and key not in {"password", "client_encoding"} and value
    }
    return make_conninfo(**parameters), str(given.get("password") or "")


def _fault(name: str, said: str) -> str:
    # Details and contexts may quote a row.
    lines = [line for line in said.splitlines() if re.match(rf"{name}: (error|fatal)", line)]
    return f"{name} failed. " + (lines[0] if lines else "It did not say why.")
