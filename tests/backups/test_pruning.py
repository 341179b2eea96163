"""Old key backups go, and with them the last chance to read the erased; the newest stays."""

from __future__ import annotations

from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for day in (1, 9, 10, 16, 17):
        (tmp_path / f"keys-203005{day:02}T020000-0011aabb").mkdir()
    (tmp_path / "data-20300501T020000-0011aabb").mkdir()
    (tmp_path / "erasures.sealed").touch()
    return tmp_path


def left(folder: Path) -> list[str]:
    return sorted(path.name.split("T")[0] for path in folder.iterdir())


@time_machine.travel("2030-05-17T03:00Z", tick=False)
def test_fourteen_days_are_kept(folder: Path) -> None:
    call_command("prune_key_backups", str(folder))
    others = ["data-20300501", "erasures.sealed"]
    assert left(folder) == [*others, *(f"keys-203005{day:02}" for day in (9, 10, 16, 17))]
    call_command("prune_key_backups", str(folder), "--days", "2")
    assert left(folder) == [*others, "keys-20300516", "keys-20300517"]


@time_machine.travel("2031-01-01", tick=False)
def test_the_last_one_is_kept_and_its_age_told(folder: Path) -> None:
    with pytest.raises(CommandError, match="228 days old"):
        call_command("prune_key_backups", str(folder))
    assert left(folder) == ["data-20300501", "erasures.sealed", "keys-20300517"]


def test_no_backup_at_all_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no key backup"):
        call_command("prune_key_backups", str(tmp_path))
