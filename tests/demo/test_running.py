"""`python -m demo` in a copy of the checkout: it comes up, stays alone and goes away whole."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
_LEFT_OUT = shutil.ignore_patterns(
    *(".*", "__pycache__", "node_modules", "staticfiles", "tests", "docs", "benchmarks")
)

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("no_given_servers")]


class Demo:
    """The demo of one checkout, as `make demo` would start it."""

    def __init__(self, checkout: Path) -> None:
        self.checkout = checkout
        self.output = checkout.parent / "output"
        self.child: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        # Nothing of the suite's own settings may help it.
        known = ("PATH", "HOME", "LANG", "TMPDIR")
        environment = {name: os.environ[name] for name in known if name in os.environ}
        with self.output.open("wb") as output:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "demo"],
                cwd=self.checkout,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self.child

    def wait_until_ready(self) -> None:
        self.wait_until("Ctrl-C ends everything")

    def wait_until(self, said: str) -> None:
        assert self.child is not None
        deadline = time.monotonic() + 180
        while said not in self.text:
            assert self.child.poll() is None, self.text
            assert time.monotonic() < deadline, self.text
            time.sleep(0.2)

    @property
    def text(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def page(self, name: str) -> str:
        """Return the address the table shows for a page."""
        match = re.search(rf"{re.escape(name)}.*?(http://\S+)", self.text)
        assert match is not None
        return match[1]

    def pid_of(self, word: str) -> int:
        """Return the process of this checkout with that word on its command line."""
        (pid,) = [pid for pid, line in self.processes().items() if f" {word} " in line]
        return pid

    def processes(self) -> dict[int, str]:
        """Return the command lines that belong to this checkout, by process id."""
        found = {}
        for path in Path("/proc").glob("[0-9]*"):
            try:
                line = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                place = os.readlink(path / "cwd")
            except OSError:
                continue
            if str(self.checkout) in line or place.startswith(str(self.checkout)):
                found[int(path.name)] = line
        return found


def status(url: str) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.fixture
def demo(folder: Path) -> Iterator[Demo]:
    checkout = folder / "checkout"
    shutil.copytree(ROOT, checkout, ignore=_LEFT_OUT)
    demo = Demo(checkout)
    yield demo
    if demo.child is not None and demo.child.poll() is None:
        demo.child.terminate()
        demo.child.wait(60)


def test_the_demo_comes_up_stays_alone_and_goes_away_whole(demo: Demo) -> None:
    first = demo.start()
    demo.wait_until_ready()
    assert status(demo.page("Register yourself")) == 200
    assert status(demo.page("Captured mail")) == 200
    assert "officer.beirut@meridia.example" in demo.text

    second = Demo(demo.checkout)
    second.output = demo.output.with_name("second-output")
    refused = second.start()
    assert refused.wait(60) == 1
    assert "already runs in this checkout" in second.text
    assert status(demo.page("Register yourself")) == 200

    os.kill(demo.pid_of("beat"), signal.SIGKILL)
    demo.wait_until("beat started again (1 of 5)")
    assert "beat ended by itself (exit code -9)" in demo.text

    first.send_signal(signal.SIGINT)
    assert first.wait(60) == 0
    assert demo.processes() == {}

    # A second time in the same place, with everything kept.
    again = demo.start()
    demo.wait_until_ready()
    assert status(demo.page("Register yourself")) == 200
    again.send_signal(signal.SIGTERM)
    assert again.wait(60) == 0
    assert demo.processes() == {}
