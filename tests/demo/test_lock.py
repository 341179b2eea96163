"""One running demo per checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from demo.errors import DemoError
from demo.lock import Lock


def test_the_second_is_told_where_the_first_is(tmp_path: Path) -> None:
    first, second = Lock(tmp_path), Lock(tmp_path)
    first.take()
    first.say("its page: http://127.0.0.1:8000")
    with pytest.raises(DemoError, match=r"already runs.*its page: http://127\.0\.0\.1:8000"):
        second.take()
    first.release()
    second.take()
    second.release()


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from demo.lock import Lock;"
        "Lock(Path(sys.argv[1])).take(); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path], cwd=settings.BASE_DIR, check=False
    )
    assert done.returncode == -9
    lock = Lock(tmp_path)
    lock.take()
    lock.release()


def test_a_child_does_not_inherit_the_lock(tmp_path: Path) -> None:
    lock = Lock(tmp_path)
    lock.take()
    with subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        close_fds=False,
    ) as child:
        # Its first line means that the start, during which it does share, is over.
        assert child.stdout is not None
        assert child.stdout.readline() == b"\n"
        lock.release()
        again = Lock(tmp_path)
        again.take()
        again.release()
        child.kill()
    assert os.listdir(tmp_path) == ["lock"]
