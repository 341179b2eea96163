"""Fixtures of the demo's own tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def no_given_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine where nobody named a server."""
    for name in ("DATABASE_URL", "KEYS_DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder with a short path that other users may pass through."""
    path = Path(tempfile.mkdtemp(prefix="registry-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)
