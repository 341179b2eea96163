"""A recovery key, and folders for both kinds of sets."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command


@pytest.fixture
def recovery_key(tmp_path: Path, settings, capsys) -> Path:
    """The private half; the public half is in the settings."""
    path = tmp_path / "recovery-key"
    call_command("make_recovery_key", str(path))
    settings.RECOVERY_KEY = capsys.readouterr().out.strip().removeprefix("RECOVERY_KEY=")
    return path


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    return tmp_path / "data-backups"


@pytest.fixture
def keys_folder(tmp_path: Path) -> Path:
    return tmp_path / "key-backups"
