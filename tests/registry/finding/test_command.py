"""The finder as it is run: `manage.py finder`, a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from django.conf import settings
from django.db import connections

from demo.processes import Process
from registry.finding.client import FinderClient, FinderUnavailable
from tests.people import register

pytestmark = pytest.mark.django_db(transaction=True)


def started(folder: Path, name: str, socket: Path | str) -> Process:
    """Start `manage.py finder` on the test database."""
    addresses = {}
    for alias, variable in (("default", "DATABASE_URL"), ("keys", "KEYS_DATABASE_URL")):
        database = quote(str(connections[alias].settings_dict["NAME"]))
        addresses[variable] = urlsplit(os.environ[variable])._replace(path=f"/{database}").geturl()
    process = Process(
        name=name,
        command=[sys.executable, "manage.py", "finder"],
        log=folder / f"{name}.log",
        environment={**os.environ, **addresses, "FINDER_SOCKET": str(socket)},
        folder=Path(settings.BASE_DIR),
    )
    process.start()
    return process


@pytest.fixture
def finder(tmp_path: Path) -> Iterator[Process]:
    process = started(tmp_path, "finder", tmp_path / "socket")
    yield process
    process.stop(20)


def ready(finder: Process, socket: Path) -> FinderClient:
    """Return a client of a finder that has read everybody."""
    client = FinderClient(str(socket))
    deadline = time.monotonic() + 60
    while True:
        try:
            client.ask({"do": "state"})
            return client
        except FinderUnavailable:
            assert finder.is_running, finder.last_lines()
            assert time.monotonic() < deadline, finder.last_lines()
            time.sleep(0.05)


def test_it_answers_until_it_is_asked_to_stop(tmp_path: Path, finder: Process) -> None:
    person = register(given_names="Zyxquorvandel", family_names="Haddad")
    client = ready(finder, tmp_path / "socket")
    deadline = time.monotonic() + 30
    while not (found := client.search_names("zyxquorvandel haddad", None, 5)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert [match.person_id for match in found] == [person.pk]
    client.close()
    finder.ask_to_stop()
    assert finder.wait(20)
    assert finder.exit_code == 0
    assert not (tmp_path / "socket").exists()
    log = (tmp_path / "finder.log").read_text(encoding="utf-8")
    assert "index filled" in log
    assert "Traceback" not in log
    assert "zyxquor" not in log.lower()


_CONFINED = """
import ctypes, resource
from registry.finding.confining import confine
confine()
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), *resource.getrlimit(resource.RLIMIT_CORE))
"""


def test_its_memory_is_never_written_to_a_file(tmp_path: Path, finder: Process) -> None:
    ready(finder, tmp_path / "socket").close()
    limits = Path(f"/proc/{finder.pid}/limits").read_text(encoding="ascii")
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]
    log = (tmp_path / "finder.log").read_text(encoding="utf-8")
    assert ("memory locked" in log) != ("memory not locked" in log)
    command = [sys.executable, "-c", _CONFINED]
    confined = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, check=True)
    assert confined.stdout.split() == [b"0", b"0", b"0"]


def test_a_second_finder_leaves_the_first_alone(tmp_path: Path, finder: Process) -> None:
    client = ready(finder, tmp_path / "socket")
    second = started(tmp_path, "second", tmp_path / "socket")
    assert second.wait(30)
    assert second.exit_code == 1
    assert "another finder listens" in second.last_lines()
    assert client.search_names("nobody", None, 5) == []
    client.close()


def test_a_socket_file_left_by_a_crash_is_replaced(tmp_path: Path, finder: Process) -> None:
    ready(finder, tmp_path / "socket").close()
    finder.kill()
    assert (tmp_path / "socket").exists()
    again = started(tmp_path, "again", tmp_path / "socket")
    ready(again, tmp_path / "socket").close()
    again.stop(20)


def test_without_a_socket_it_says_that_search_is_off(tmp_path: Path) -> None:
    process = started(tmp_path, "off", "")
    assert process.wait(30)
    assert process.exit_code == 1
    assert "search by name is off" in process.last_lines()
