"""As which user, and from which folder, the servers run.

PostgreSQL refuses to run as root. Root therefore hands it to a user without rights, who
must be able to reach both the programs and the data. Below a home folder that is closed
to others they are out of reach; then both go to a private folder elsewhere, whose path
is kept beside the checkout's other data.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

_USERS = ("postgres", "nobody")


@dataclass(frozen=True)
class Identity:
    """The user that servers run as; without numbers, the one we are."""

    user: int | None = None
    group: int | None = None

    def can_run(self, program: Path) -> bool:
        """Return whether this user can start the program."""
        return self._succeeds([str(program), "--version"])

    def can_keep_data_in(self, folder: Path) -> bool:
        """Return whether this user can write below the folder."""
        if self.user is None:
            return True
        probe = Path(tempfile.mkdtemp(prefix="probe-", dir=folder))
        try:
            self.take(probe)
            return self._succeeds(["/bin/sh", "-c", 'cd "$1" && : >probe', "sh", str(probe)])
        finally:
            shutil.rmtree(probe)

    def take(self, *paths: Path) -> None:
        """Make this user the owner of the paths."""
        if self.user is not None and self.group is not None:
            for path in paths:
                os.chown(path, self.user, self.group)

    def _succeeds(self, command: list[str]) -> bool:
        try:
            done = subprocess.run(
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                user=self.user,
                group=self.group,
                extra_groups=None if self.user is None else [],
                check=False,
            )
        except OSError:
            return False
        return done.returncode == 0


def current() -> Identity:
    """Return whom to run servers as: ourselves, or as root a user without rights."""
    if os.geteuid() != 0:
        return Identity()
    for name in _USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(entry.pw_uid, entry.pw_gid)
    return Identity(65534, 65534)


def reachable_folder(folder: Path, identity: Identity) -> Path:
    """Return `folder`, or a private folder elsewhere when the user cannot reach it."""
    if identity.can_keep_data_in(folder):
        return folder
    note = folder / "elsewhere"
    if note.exists():
        elsewhere = Path(note.read_text(encoding="utf-8").strip())
        if elsewhere.is_dir() and elsewhere.stat().st_uid == os.geteuid():
            return elsewhere
    # Not the usual temporary folder: that one is emptied at a restart of the machine.
    parent = "/var/tmp" if os.access("/var/tmp", os.W_OK) else None
    elsewhere = Path(tempfile.mkdtemp(prefix="registry-", dir=parent))
    elsewhere.chmod(0o711)
    note.write_text(f"{elsewhere}\n", encoding="utf-8")
    return elsewhere


def reachable_programs(programs: Path, test: Path, home: Path, identity: Identity) -> Path:
    """Return the folder `programs`, or a copy of it in `home` that the user can run.

    `test` is a program inside `programs` that answers to --version.
    """
    if identity.can_run(test):
        return programs
    copy = home / "programs" / programs.parent.name
    if not identity.can_run(copy / test.relative_to(programs)):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(programs, copy, symlinks=True)
        _open_to_others(home / "programs")
    return copy


def _open_to_others(folder: Path) -> None:
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
