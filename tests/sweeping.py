"""Looking for a planted person's values in every place where they must not be."""

from __future__ import annotations

import base64
import contextlib
import html
import json
import os
import quopri
import subprocess
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

import psycopg
import redis
from django.contrib.sessions.models import Session
from django.db import connections

from demo import binaries
from demo.postgres import Postgres


def shapes(value: str) -> set[bytes]:
    """Return the byte strings a value may hide as: encodings, cases, normal forms, digits."""
    texts = set()
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, value)
        texts |= {text, text.lower(), text.upper(), text.casefold()}
    digits = "".join(character for character in value if character.isdecimal())
    if len(digits) >= 7:
        texts |= {digits, digits[-8:], digits[-7:]}
    found: set[bytes] = set()
    for text in texts:
        data = text.encode()
        found |= {
            data,
            text.encode("utf-16-le"),
            text.encode("utf-16-be"),
            quote(text).encode(),
            quote_plus(text).encode(),
            html.escape(text).encode(),
            json.dumps(text)[1:-1].encode(),
            data.hex().encode(),
            data.hex().upper().encode(),
            quopri.encodestring(data),
        }
        # Base64 looks different at each of three alignments; the edges depend on neighbours.
        for shift in range(3):
            encoded = base64.b64encode(b"\0" * shift + data)
            core = encoded[4 if shift else 0 : -4]
            if len(core) >= 8:
                found.add(core)
    return {shape for shape in found if len(shape) >= 7}


def sweep(stores: Mapping[str, Iterable[bytes]], values: Mapping[str, str]) -> list[str]:
    """Return "store: name of the value" for everything found; never the value itself."""
    wanted = {name: shapes(value) for name, value in values.items()}
    hits = set()
    for store, pieces in stores.items():
        for piece in pieces:
            for name, forms in wanted.items():
                if any(form in piece for form in forms):
                    hits.add(f"{store}: {name}")
    return sorted(hits)


def database_files(server: Postgres) -> Iterator[bytes]:
    """Yield every file of the PostgreSQL cluster, write-ahead log included, after a checkpoint."""
    with psycopg.connect(server.superuser_url(), autocommit=True) as superuser:
        superuser.execute("CHECKPOINT")
    yield from files_below(server.data)


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
            [*command, "--dbname", str(given["dbname"])],
            check=True,
            capture_output=True,
            env=environment,
        ).stdout


def statistics_views() -> Iterator[bytes]:
    """Yield what PostgreSQL tells about running and past statements."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT query FROM pg_stat_activity")
        for (query,) in cursor.fetchall():
            yield str(query).encode()


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


class BrokerTape:
    """Writes down every command the broker receives while it runs."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self._client = redis.Redis.from_url(os.environ["REDIS_URL"])
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._ready = threading.Event()
        self._done = threading.Event()

    def __enter__(self) -> BrokerTape:
        self._thread.start()
        self._ready.wait(5)
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        # One more command wakes the listener.
        with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
            client.ping()
        self._thread.join(5)
        self._client.close()

    def _listen(self) -> None:
        with self._client.monitor() as monitor:
            self._ready.set()
            for command in monitor.listen():
                self.lines.append(str(command["command"]).encode())
                if self._done.is_set():
                    return
