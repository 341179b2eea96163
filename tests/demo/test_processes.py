"""A child process ends when it is told to, and when we are killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

from demo.processes import Process, end_leftover, stop_all

_STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up')"


def python(folder: Path, script: str, name: str = "child") -> Process:
    return Process(name, [sys.executable, "-u", "-c", script], folder / f"{name}.log")


def wait_for(path: Path, text: str) -> None:
    deadline = time.monotonic() + 30
    while not (path.exists() and text in path.read_text(encoding="utf-8")):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_what_a_child_says_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    process = python(tmp_path, "print('first'); print('last'); raise SystemExit(3)")
    process.start()
    assert process.wait(30)
    assert process.exit_code == 3
    assert process.last_lines(1) == "last"
    assert process.log.stat().st_mode & 0o777 == 0o600


def test_a_child_that_will_not_stop_is_ended_with_its_own_children(tmp_path: Path) -> None:
    process = python(
        tmp_path,
        f"{_STUBBORN}; import subprocess, sys;"
        "inner = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        "print('inner', inner.pid); time.sleep(600)",
    )
    process.start()
    wait_for(process.log, "inner")
    inner = int(process.last_lines(1).split()[1])
    process.stop(0.2)
    assert not process.is_running
    deadline = time.monotonic() + 10
    while is_alive(inner):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_several_are_stopped_together(tmp_path: Path) -> None:
    processes = [python(tmp_path, "import time; time.sleep(600)", str(n)) for n in range(3)]
    for process in processes:
        process.start()
    stop_all(processes, 30)
    assert [process.is_running for process in processes] == [False] * 3


def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from demo.processes import Process\n"
        "child = Process('c', [sys.executable, '-uc', 'import time; print(1); time.sleep(60)'], "
        "Path(sys.argv[1])); child.start()\n"
        "print(child.pid, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, tmp_path / "log"],
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        # Its first line means that it runs what it was started for.
        wait_for(tmp_path / "log", "1")
        assert is_alive(child)
        parent.kill()
    deadline = time.monotonic() + 10
    while is_alive(child):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_leftover_is_only_ended_when_it_is_ours(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    other = python(tmp_path, "import time; print('up'); time.sleep(600)", "somebody")
    other.start()
    try:
        # Until its first line the system may not know its command line yet.
        wait_for(other.log, "up")
        pid_file.write_text(f"{other.pid}\n", encoding="utf-8")
        end_leftover(pid_file, str(tmp_path), signal.SIGTERM)
        assert other.is_running
        assert not pid_file.exists()
        pid_file.write_text(f"{other.pid}\n", encoding="utf-8")
        end_leftover(pid_file, "time.sleep(600)", signal.SIGTERM)
        assert other.wait(10)
    finally:
        other.kill()


@pytest.mark.parametrize("content", ["", "no number", "1\n", "-5\n", "0"])
def test_a_spoilt_pid_file_is_removed_and_nobody_harmed(tmp_path: Path, content: str) -> None:
    pid_file = tmp_path / "pid"
    pid_file.write_text(content, encoding="utf-8")
    end_leftover(pid_file, "", signal.SIGTERM)
    assert not pid_file.exists()
