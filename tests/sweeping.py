"""Looking for a planted person's values in every place where they must not be."""

from __future__ import annotations

import base64
import bz2
import contextlib
import gzip
import hashlib
import html
import json
import lzma
import os
import quopri
import re
import shutil
import subprocess
import threading
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

import psycopg
import redis
from django.contrib.sessions.models import Session
from django.db import connections, transaction
from psycopg import sql

from backups import manifests
from demo import binaries
from demo.postgres import Postgres
from encryption import copies
from walls.roles import DatabaseRole

_EMPTY = re.compile(rb"\x00{16,}")
_GAP = bytes(16)


@dataclass(frozen=True)
class Shapes:
    """The byte strings a value may hide as, in small letters; `exact` where case counts."""

    folded: frozenset[bytes]
    exact: frozenset[bytes]

    def are_in(self, piece: bytes, small: bytes) -> bool:
        """Tell whether one of them is in a piece, given also in small letters."""
        if any(shape in small for shape in self.folded):
            return True
        # Base64 in small letters is short of meaning: what looks like a hit is looked at again.
        return any(shape.lower() in small and shape in piece for shape in self.exact)


def shapes(value: str) -> Shapes:
    """Return how a value may hide: encodings, cases, normal forms, digits, plain digests."""
    forms = {unicodedata.normalize(form, value) for form in ("NFC", "NFD")}
    digits = "".join(character for character in value if character.isdecimal())
    if len(digits) >= 7:
        forms |= {digits, digits[-8:], digits[-7:], f"00{digits}"}
        # As people type and print them.
        forms |= {f"{digits[-8:-6]}{gap}{digits[-6:-3]}{gap}{digits[-3:]}" for gap in " -."}
    texts = {each for form in forms for each in (form, form.lower(), form.upper())}
    folded: set[bytes] = set()
    exact: set[bytes] = set()
    for text in texts | {form[::-1] for form in forms}:
        data = text.encode()
        folded |= {
            data,
            text.encode("utf-16-le"),
            text.encode("utf-16-be"),
            quote(text).encode(),
            quote_plus(text).encode(),
            html.escape(text).encode(),
            json.dumps(text)[1:-1].encode(),
            data.hex().encode(),
            text.encode("utf-16-le").hex().encode(),
            quopri.encodestring(data),
        }
        # Base64 looks different at each of three alignments; the edges depend on neighbours.
        for shift in range(3):
            for encode in (base64.b64encode, base64.urlsafe_b64encode):
                core = encode(b"\0" * shift + data)[4 if shift else 0 : -4]
                exact |= {core} if len(core) >= 8 else set()
    for text in texts:
        # A digest without a key is the value, to anybody who can count through all phones.
        for name in ("md5", "sha1", "sha256"):
            digest = hashlib.new(name, text.encode(), usedforsecurity=False)
            folded |= {digest.hexdigest().encode(), digest.digest()}
    return Shapes(frozenset(shape.lower() for shape in folded if len(shape) >= 7), frozenset(exact))


def sweep(stores: Mapping[str, Iterable[bytes]], values: Mapping[str, str]) -> list[str]:
    """Return "store: name of the value" for everything found; never the value itself."""
    search = _Search({name: shapes(value) for name, value in values.items()})
    return sorted(
        {
            f"{store}: {name}"
            for store, pieces in stores.items()
            for piece in pieces
            for content in (piece, *_unpacked(piece))
            for name in search.names_in(content)
        }
    )


class _Search:
    """Looks through each page of anything once: a base backup repeats the whole cluster.

    A page is taken together with the beginning of the next one, so that nothing is lost
    between two of them.
    """

    _PAGE, _OVERLAP = 8192, 512

    def __init__(self, wanted: Mapping[str, Shapes]) -> None:
        self._wanted = wanted
        self._seen: dict[bytes, frozenset[str]] = {}

    def names_in(self, content: bytes) -> set[str]:
        """Return the names of the values that are in it in any shape."""
        found: set[str] = set()
        fresh: dict[bytes, bytes] = {}
        for start in range(0, len(content), self._PAGE):
            page = content[start : start + self._PAGE + self._OVERLAP]
            key = hashlib.blake2b(page, digest_size=16).digest()
            if key in self._seen:
                found |= self._seen[key]
            else:
                fresh[key] = page
        if not self._look(_GAP.join(fresh.values())):
            self._seen |= dict.fromkeys(fresh, frozenset())
            return found
        for key, page in fresh.items():
            self._seen[key] = frozenset(self._look(page))
            found |= self._seen[key]
        return found

    def _look(self, content: bytes) -> set[str]:
        # Files of databases are empty for the greater part.
        content = _EMPTY.sub(_GAP, content)
        small = content.lower()
        return {name for name, forms in self._wanted.items() if forms.are_in(content, small)}


def _unpacked(piece: bytes) -> Iterator[bytes]:
    """Yield what is inside a piece that was packed with gzip, zlib, bzip2 or xz."""
    unpackers: dict[bytes, Callable[[bytes], bytes]] = {
        b"\x1f\x8b": gzip.decompress,
        b"\x78": zlib.decompress,
        b"BZh": bz2.decompress,
        b"\xfd7zXZ": lzma.decompress,
    }
    for beginning, unpack in unpackers.items():
        if piece.startswith(beginning):
            with contextlib.suppress(OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
                yield unpack(piece)


def database_files(server: Postgres) -> Iterator[bytes]:
    """Yield every file of the PostgreSQL cluster, write-ahead log included, after a checkpoint."""
    with psycopg.connect(server.superuser_url(), autocommit=True) as superuser:
        superuser.execute("CHECKPOINT")
    yield from files_below(server.data)


def base_backup(server: Postgres, folder: Path) -> Iterator[bytes]:
    """Yield every file of a base backup with the write-ahead log streamed beside it."""
    program = binaries.find_postgres().initdb.with_name("pg_basebackup")
    subprocess.run(
        [
            *(str(program), "--dbname", server.superuser_url(), "--pgdata", str(folder)),
            *("--wal-method", "stream", "--checkpoint", "fast", "--no-sync"),
        ],
        check=True,
        capture_output=True,
    )
    yield from files_below(folder)
    # As large as the cluster itself, and looked through: it need not wait for the session's end.
    shutil.rmtree(folder)


@contextlib.contextmanager
def spilled(table: str) -> Iterator[None]:
    """Let the server keep a large result of this table in its temporary files meanwhile."""
    with transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64kB'")
        cursor.execute(
            sql.SQL(
                "DECLARE spilled CURSOR WITH HOLD FOR "
                "SELECT {0}.*, n FROM {0}, generate_series(1, 5000) AS n"
            ).format(sql.Identifier(table))
        )
    try:
        yield
    finally:
        with connections["default"].cursor() as cursor:
            cursor.execute("CLOSE spilled")


def backup_sets(folders: Iterable[Path], secret: str) -> Iterator[bytes]:
    """Yield the files of backup sets, and what the holder of the recovery key sees in them."""
    program = binaries.find_postgres().initdb.with_name("pg_restore")
    for folder in folders:
        yield from files_below(folder)
        manifest = manifests.read(folder)
        for piece in manifest.pieces:
            with (folder / piece.file).open("rb") as file:
                opened = b"".join(copies.open_copy(secret, manifest.name_of(piece.file), file))
            if piece.table:
                yield opened
                continue
            # The dump itself is packed.
            command = [str(program), "--file", "-"]
            yield subprocess.run(command, input=opened, check=True, capture_output=True).stdout


def dumps() -> Iterator[bytes]:
    """Yield a pg_dump of both databases."""
    program = binaries.find_postgres().initdb.with_name("pg_dump")
    for alias in ("default", "keys"):
        given = connections[alias].get_connection_params()
        environment = {**os.environ, "PGPASSWORD": str(given.get("password", ""))}
        command = [str(program), "--host", str(given["host"]), "--username", str(given["user"])]
        if given.get("port"):
            command += ["--port", str(given["port"])]
        yield subprocess.run(
            [*command, "--role", DatabaseRole.BACKUP, "--dbname", str(given["dbname"])],
            check=True,
            capture_output=True,
            env=environment,
        ).stdout


def statistics_views() -> Iterator[bytes]:
    """Yield what PostgreSQL tells about running statements and about the values in columns."""
    for alias in ("default", "keys"):
        with connections[alias].cursor() as cursor:
            # Only then are there the commonest values, and the steps of their histograms.
            cursor.execute("ANALYZE")
            for view in ("pg_stat_activity", "pg_stats", "pg_prepared_statements", "pg_cursors"):
                cursor.execute(f"SELECT shown::text FROM {view} AS shown")
                for (row,) in cursor.fetchall():
                    yield row.encode()


def sessions() -> Iterator[bytes]:
    """Yield every session, decoded."""
    for session in Session.objects.all():
        yield json.dumps(session.get_decoded(), ensure_ascii=False).encode()


def files_below(folder: Path) -> Iterator[bytes]:
    """Yield the content of every file below a folder."""
    for path in sorted(folder.rglob("*")):
        # A file may go while we look; what was in it stands in another one then.
        with contextlib.suppress(FileNotFoundError):
            if path.is_file():
                yield path.read_bytes()


def broker_keys() -> Iterator[bytes]:
    """Yield every key of the broker and what it holds."""
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        for key in client.scan_iter():
            yield key + b"\n" + (client.dump(key) or b"")


_END_OF_TAPE = "end-of-this-tape"


class BrokerTape:
    """Writes down every command the broker receives while it runs."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self._client = redis.Redis.from_url(os.environ["REDIS_URL"])
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._ready = threading.Event()

    def __enter__(self) -> BrokerTape:
        self._thread.start()
        self._ready.wait(5)
        return self

    def __exit__(self, *error: object) -> None:
        # The listener may be behind: it ends with this command and not before.
        with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
            client.echo(_END_OF_TAPE)
        self._thread.join(5)
        self._client.close()

    def _listen(self) -> None:
        with self._client.monitor() as monitor:
            self._ready.set()
            for command in monitor.listen():
                line = str(command["command"]).encode()
                if _END_OF_TAPE.encode() in line:
                    return
                self.lines.append(line)
