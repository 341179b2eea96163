"""Folders for socket files, whose paths the kernel keeps short."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

# The kernel takes 107 bytes for a socket's path; the file's name and a lock's need some.
_LONGEST_FOLDER = 80
# PostgreSQL splits its list of folders at commas and spaces.
_SAFE_PATH = re.compile(r"[A-Za-z0-9_./-]+")


def make_socket_folder(home: Path, name: str) -> Path:
    """Return a new empty folder, closed to others: home/name, or a temporary one.

    The temporary one is for homes whose path is too long or holds odd characters.
    Whoever asked removes it.
    """
    folder = home / name
    if len(os.fsencode(folder)) <= _LONGEST_FOLDER and _SAFE_PATH.fullmatch(str(folder)):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        return folder
    return Path(tempfile.mkdtemp(prefix="registry-", dir="/tmp"))
