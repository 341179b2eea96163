"""The journal of erasures in a file, beside the backups and newer than any of them.

It matters when both databases are lost at once: whoever was erased after the last backup of
the keys would come back without it. It is sealed under the sealing keys, so nobody can add
people to it, and replaced in one step.
"""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path
from uuid import UUID

from backups.errors import BackupError
from encryption import erasures
from encryption.keyring import SealError, keyring
from registry.models import ErasedPerson

NAME = "erasures.sealed"
_PURPOSE = "erasure-journal"


def write_down(path: Path) -> int:
    """Write everybody erased, by either database or by the file before; return how many."""
    known = {**(read(path) if path.exists() else {}), **erased_in_the_data(), **erasures.journal()}
    lines = {str(person_id): at.isoformat() for person_id, at in known.items()}
    sealed = keyring().seal_for_system(_PURPOSE, json.dumps(lines).encode())
    unfinished = path.with_name(f"{path.name}.unfinished")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    return len(lines)


def read(path: Path) -> dict[UUID, datetime.datetime]:
    """Return who was erased and when. Raises BackupError when the file is not whole and ours."""
    try:
        lines = json.loads(keyring().open_for_system(_PURPOSE, path.read_bytes()))
    except (OSError, SealError, ValueError):
        raise BackupError(f"{path.name} is no journal of erasures of this installation") from None
    return {UUID(key): datetime.datetime.fromisoformat(at) for key, at in lines.items()}


def erased_in_the_data() -> dict[UUID, datetime.datetime]:
    """Return who was erased and when, as the data database has it."""
    return dict(ErasedPerson.objects.values_list("person_id", "erased_at"))
