"""Removing key backups when their time is over: until then an erasure is not final."""

from __future__ import annotations

import datetime
import shutil
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone

from backups import manifests


@dataclass(frozen=True)
class Pruned:
    """Names of sets that went, and how old the newest one left is (None: there is none)."""

    gone: tuple[str, ...]
    newest_age: datetime.timedelta | None


def prune_key_backups(folder: Path, keep: datetime.timedelta) -> Pruned:
    """Remove the key sets made longer ago than `keep`, but never the newest set.

    Without any key backup a broken disk would erase everybody. An old newest one is a
    fault of its own, which the caller must make known: erasures wait for it.
    """
    now = timezone.now()
    sets = [path for path in manifests.sets_in(folder) if path.name.startswith("keys-")]
    ages = {path: now - _made_at(path) for path in sets}
    gone = [path for path in sets[:-1] if ages[path] > keep]
    for path in gone:
        shutil.rmtree(path)
    return Pruned(tuple(path.name for path in gone), ages[sets[-1]] if sets else None)


def _made_at(path: Path) -> datetime.datetime:
    # From the name: the manifest of a set from another installation cannot be opened here.
    return datetime.datetime.strptime(path.name.split("-")[1] + "Z", "%Y%m%dT%H%M%S%z")
