"""The servers the product stands on: given by address, else private ones started here."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from demo import binaries, identity
from demo.keys import Keys, ensure, write_private
from demo.postgres import DATABASES, Postgres
from demo.processes import Process
from demo.valkey import Valkey
from walls.roles import LOGINS, DatabaseRole


@dataclass
class Services:
    """PostgreSQL with two databases and a Valkey, their files below `folder`.

    DATABASE_URL and REDIS_URL in the environment win over servers of our own;
    KEYS_DATABASE_URL may stay out when the key database is named like the other plus
    `_keys`. With `is_durable` false the data may be lost: for tests only.
    """

    folder: Path
    is_durable: bool = True
    keys: Keys = field(init=False)
    postgres: Postgres | None = field(default=None, init=False)
    valkey: Valkey | None = field(default=None, init=False)

    def start(self) -> None:
        """Start what is needed. Raises DemoError with a sentence for a person."""
        # Others may pass through (the servers' user must), but not look.
        self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.folder.chmod(0o711)
        self.keys = ensure(self.folder / "keys")
        user = identity.current()
        home = self.folder
        try:
            if "DATABASE_URL" not in os.environ or "REDIS_URL" not in os.environ:
                home = identity.reachable_folder(self.folder, user)
            if "DATABASE_URL" not in os.environ:
                self._start_postgres(home, user)
            if "REDIS_URL" not in os.environ:
                self._start_valkey(home, user)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop what was started."""
        if self.valkey is not None:
            self.valkey.stop()
            self.valkey = None
        if self.postgres is not None:
            self.postgres.stop()
            self.postgres = None

    @property
    def processes(self) -> list[Process]:
        """The servers started here."""
        started = (self.postgres, self.valkey)
        return [server.process for server in started if server is not None]

    def addresses(self, role: DatabaseRole | None = None) -> dict[str, str]:
        """Return DATABASE_URL, KEYS_DATABASE_URL and REDIS_URL, passwords included.

        On servers of our own the databases' addresses are those of a role, without one those
        of the role of tests, which owns everything and is missing where data is to last.
        """
        main, keys = DATABASES
        if self.postgres is not None:
            found = {
                "DATABASE_URL": self.postgres.url(main, role),
                "KEYS_DATABASE_URL": self.postgres.url(keys, role),
            }
        else:
            given = os.environ["DATABASE_URL"]
            found = {
                "DATABASE_URL": given,
                "KEYS_DATABASE_URL": os.environ.get("KEYS_DATABASE_URL", _with_keys(given)),
            }
        redis = self.valkey.url if self.valkey is not None else os.environ["REDIS_URL"]
        return {**found, "REDIS_URL": redis}

    def environment(self, role: DatabaseRole | None = None) -> dict[str, str]:
        """Return the settings that name the files with addresses and secrets, for one role."""
        settings = self.keys.environment()
        whose = f"{role.rpartition('_')[2]}-" if role else ""
        for name, address in self.addresses(role).items():
            path = self.keys.folder / f"{whose}{name.lower().replace('_', '-')}"
            write_private(path, address)
            settings[f"{name}_FILE"] = str(path)
        return settings

    def _start_postgres(self, home: Path, user: identity.Identity) -> None:
        programs = binaries.find_postgres()
        programs = binaries.PostgresPrograms(
            identity.reachable_programs(programs.folder, programs.initdb, home, user),
            programs.major,
        )
        self.postgres = Postgres(
            programs=programs,
            home=home,
            log=self.folder / "logs" / "postgres.log",
            identity=user,
            superuser_password=_read(self.keys.superuser_password),
            password=_read(self.keys.database_password),
            role_passwords={role: _read(self.keys.role_password(role)) for role in LOGINS},
            is_durable=self.is_durable,
        )
        self.postgres.start()

    def _start_valkey(self, home: Path, user: identity.Identity) -> None:
        program = binaries.find_valkey()
        folder = identity.reachable_programs(program.parent, program, home, user)
        self.valkey = Valkey(
            program=folder / program.name,
            home=home,
            log=self.folder / "logs" / "valkey.log",
            identity=user,
            password=_read(self.keys.broker_password),
        )
        self.valkey.start()


class TemporaryServices(Services):
    """Services whose data is gone when they stop; for tests and benchmarks."""

    def __init__(self) -> None:
        super().__init__(Path(tempfile.mkdtemp(prefix="registry-")), is_durable=False)

    def stop(self) -> None:
        """Stop what was started and remove every trace of it."""
        super().stop()
        note = self.folder / "elsewhere"
        if note.exists():
            shutil.rmtree(note.read_text(encoding="utf-8").strip(), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _with_keys(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(path=f"{parts.path}_keys").geturl()


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()
