"""A private PostgreSQL server: reached over a socket file, never over the network."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql

from demo.binaries import PostgresPrograms
from demo.errors import DemoError
from demo.identity import Identity
from demo.keys import write_private
from demo.processes import Process, end_leftover
from demo.sockets import make_socket_folder
from walls.roles import DatabaseRole

# In servers for tests and benchmarks this role makes and owns everything.
ROLE = "registry"
DATABASES = ("registry", "registry_keys")
_SUPERUSER = "postgres"
_ROLES = Path(__file__).resolve().parent.parent / "deploy" / "postgres" / "roles.sql"

# What people write must not reach the server's log, not even inside a failing statement.
_SILENCE = {
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    **_SILENCE,
}
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass
class Postgres:
    """One server with its data below `home`.

    `home` and its parents must be reachable for `identity`. With `is_durable` false the
    server may lose data when the machine stops, which is right for tests only.
    """

    programs: PostgresPrograms
    home: Path
    log: Path
    identity: Identity
    superuser_password: str
    password: str
    is_durable: bool = True
    # {role: password} of the product's own roles.
    role_passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    _sockets: Path | None = field(default=None, repr=False)
    _process: Process | None = field(default=None, repr=False)

    @property
    def data(self) -> Path:
        """The data folder; each major version has its own, they cannot read each other's."""
        return self.home / f"postgres-{self.programs.major}"

    @property
    def process(self) -> Process:
        """The running server. Raises LookupError before start()."""
        if self._process is None:
            raise LookupError("PostgreSQL has not been started")
        return self._process

    def start(self) -> None:
        """Start the server and make the role and both databases where they are missing.

        Raises DemoError with the reason when that is not possible.
        """
        end_leftover(self.data / "postmaster.pid", str(self.data), signal.SIGINT)
        if not (self.data / "PG_VERSION").exists():
            self._make_data()
        self._sockets = make_socket_folder(self.home, "sockets")
        self.identity.take(self._sockets)
        settings = {**_SETTINGS, "unix_socket_directories": str(self._sockets)}
        if not self.is_durable:
            settings |= _FORGETFUL
        options = [part for pair in settings.items() for part in ("-c", "=".join(pair))]
        self._process = Process(
            name="PostgreSQL",
            command=[self.programs.postgres, "-D", self.data, *options],
            log=self.log,
            environment=_environment(),
            folder=self.data,
            stop_signal=signal.SIGINT,
            user=self.identity.user,
            group=self.identity.group,
        )
        self._process.start()
        self._wait_until_ready()
        self._make_databases()

    def stop(self) -> None:
        """Stop the server and remove its socket folder."""
        if self._process is not None:
            self._process.stop(30)
            self._process = None
        if self._sockets is not None:
            shutil.rmtree(self._sockets, ignore_errors=True)
            self._sockets = None

    def url(self, database: str, role: DatabaseRole | None = None) -> str:
        """Return the address of a database for a role; without one for the role of tests."""
        if role is None:
            return self._url(ROLE, self.password, database)
        return self._url(role, self.role_passwords[role], database)

    def superuser_url(self, database: str = "postgres") -> str:
        """Return the address of a database, for the role that may do anything."""
        return self._url(_SUPERUSER, self.superuser_password, database)

    def _url(self, role: str, password: str, database: str) -> str:
        if self._sockets is None:
            raise LookupError("PostgreSQL has not been started")
        where = urlencode({"host": str(self._sockets)}, quote_via=quote)
        return f"postgresql://{role}:{quote(password, safe='')}@/{database}?{where}"

    def _make_data(self) -> None:
        # Made beside its place and moved there when whole: Ctrl-C leaves nothing half-made.
        unfinished = self.home / f"{self.data.name}.unfinished"
        password_file = self.home / "superuser-password"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self.identity.take(unfinished)
        try:
            write_private(password_file, self.superuser_password)
            self.identity.take(password_file)
            done = subprocess.run(
                [
                    self.programs.initdb,
                    *("-D", unfinished, "-U", _SUPERUSER, "-E", "UTF8"),
                    *("-A", "scram-sha-256", "--pwfile", password_file),
                    *("--no-instructions", *([] if self.is_durable else ["--no-sync"])),
                    *_locale_options(self.programs.major),
                ],
                env=_environment(),
                cwd=unfinished,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                user=self.identity.user,
                group=self.identity.group,
                extra_groups=None if self.identity.user is None else [],
                check=False,
            )
        finally:
            password_file.unlink(missing_ok=True)
        if done.returncode:
            raise DemoError(f"PostgreSQL could not make its data folder:\n{done.stdout}")
        unfinished.rename(self.data)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        while self.process.is_running and time.monotonic() < deadline:
            try:
                psycopg.connect(self.superuser_url(), connect_timeout=10).close()
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    self.stop()
                    raise DemoError(
                        f"The database in {self.data} was made with another password. "
                        f"Remove {self.data} to start afresh."
                    ) from error
                time.sleep(0.05)
            else:
                return
        lines = self.process.last_lines()
        self.stop()
        raise DemoError(f"PostgreSQL did not start. The end of its log:\n{lines}")

    def _make_databases(self) -> None:
        with psycopg.connect(self.superuser_url(), autocommit=True) as connection:
            connection.execute(_ROLES.read_bytes())
            for role, password in self.role_passwords.items():
                connection.execute(
                    sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(
                        sql.Identifier(role), sql.Literal(password)
                    )
                )
            if not self.is_durable:
                self._make_test_role(connection)
            owner = DatabaseRole.OWNER if self.is_durable else ROLE
            for name in DATABASES:
                self._make_database(connection, name, owner)

    def _make_test_role(self, connection: psycopg.Connection[Any]) -> None:
        """Make a role that owns what it makes and may act as each of the others."""
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
            return
        role = sql.Identifier(ROLE)
        # Not a superuser: what the product does here it can also do in production.
        for sentence in (
            sql.SQL("CREATE ROLE {} LOGIN NOINHERIT CREATEDB PASSWORD {}").format(
                role, sql.Literal(self.password)
            ),
            sql.SQL("ALTER ROLE {} SET registry.scope = 'everywhere'").format(role),
            *(
                sql.SQL("GRANT {} TO {}").format(sql.Identifier(other), role)
                for other in DatabaseRole
            ),
        ):
            connection.execute(sentence)

    def _make_database(self, connection: psycopg.Connection[Any], name: str, owner: str) -> None:
        names = {"name": sql.Identifier(name), "owner": sql.Identifier(owner)}
        found = connection.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        if found is None:
            connection.execute(sql.SQL("CREATE DATABASE {name} OWNER {owner}").format(**names))
        elif found[0] != owner:
            # Made before the roles were.
            connection.execute(sql.SQL("ALTER DATABASE {name} OWNER TO {owner}").format(**names))
            with psycopg.connect(self.superuser_url(name)) as inside:
                inside.execute(
                    sql.SQL("REASSIGN OWNED BY {former} TO {owner}").format(
                        former=sql.Identifier(str(found[0])), **names
                    )
                )
                inside.execute(
                    sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(str(found[0])))
                )


def _locale_options(major: int) -> list[str]:
    # The built-in provider sorts alike everywhere, whatever the machine's C library.
    provider = ["--locale-provider=builtin"] if major >= 17 else []
    return [*provider, "--locale=C.UTF-8"]


def _environment() -> dict[str, str]:
    # The servers need nothing of ours, and nothing of ours shall reach them.
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
