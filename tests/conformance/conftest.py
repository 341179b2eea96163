"""The other side is somebody else's program: Debian's Postfix and Kannel, an SMSC from PyPI."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.servers import missing


@pytest.fixture(scope="session", autouse=True)
def _packages() -> None:
    if packages := missing():
        pytest.fail(
            f"The conformance suite needs Debian's {', '.join(packages)}: "
            "run `make conformance` as root once, or install them.",
            pytrace=False,
        )


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path of its own: Unix sockets have little room for names."""
    with tempfile.TemporaryDirectory(prefix="conf-", dir="/var/tmp") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path
