"""What a backup set says about itself, and whether that can be believed."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from backups.contents import KINDS, Kind
from backups.errors import BackupError
from encryption import copies

FORMAT = 1
_FILE = "manifest.json"
_PURPOSE = "backup-manifest"
_NAME = re.compile(r"(data|keys)-\d{8}T\d{6}-[0-9a-f]{8}")


@dataclass(frozen=True)
class Piece:
    """One sealed file of a set; the dump itself has no table."""

    file: str
    sha256: str
    bytes: int
    table: str = ""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """A backup set: which database, when, of which schema, and how many rows of what."""

    set_name: str
    kind_name: str
    made_at: str
    build: str
    server_version: int
    # "app.migration" of everything applied.
    migrations: tuple[str, ...]
    rows: dict[str, int]
    left_out: tuple[str, ...]
    pieces: tuple[Piece, ...]
    # How many erasures the database knew of.
    erasures: int
    format: int = FORMAT

    @property
    def kind(self) -> Kind:
        """Which database the set is of."""
        return KINDS[self.kind_name]

    def name_of(self, piece: str) -> str:
        """Return the name a piece is sealed under, so that it fits this set alone."""
        return f"{self.set_name}/{piece}"


def write(folder: Path, manifest: Manifest) -> None:
    """Put a manifest into its set, stamped by this installation."""
    content = asdict(manifest)
    stamp = copies.stamp(_PURPOSE, _canonical(content))
    text = json.dumps({"manifest": content, "stamp": stamp}, indent=1, sort_keys=True)
    (folder / _FILE).write_text(text + "\n", encoding="utf-8")


def read(folder: Path) -> Manifest:
    """Return the manifest of a set. Raises BackupError when it is not ours or was altered."""
    try:
        held = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        content: dict[str, Any] = held["manifest"]
        stamp = str(held["stamp"])
    except (OSError, ValueError, KeyError, TypeError):
        raise BackupError(f"{folder.name} is no backup set") from None
    if not copies.is_stamped(_PURPOSE, _canonical(content), stamp):
        raise BackupError(
            f"{folder.name} was altered, or made under sealing keys that are not loaded"
        )
    if content["format"] != FORMAT:
        raise BackupError(f"{folder.name} has a format this version does not know")
    pieces = tuple(
        Piece(**{**piece, "columns": tuple(piece["columns"])}) for piece in content.pop("pieces")
    )
    for name in ("migrations", "left_out"):
        content[name] = tuple(content[name])
    return Manifest(**content, pieces=pieces)


def verify_pieces(folder: Path, manifest: Manifest) -> None:
    """Raise BackupError unless every file of a set is there and unaltered."""
    for piece in manifest.pieces:
        try:
            with (folder / piece.file).open("rb") as file:
                digest = copies.digest_of(file)
        except OSError:
            raise BackupError(f"{piece.file} of {manifest.set_name} is missing") from None
        if digest != piece.sha256:
            raise BackupError(f"{piece.file} of {manifest.set_name} was altered")


def sets_in(folder: Path) -> list[Path]:
    """Return the backup sets in a folder, oldest first."""
    found = [path for path in folder.glob("*-*-*") if _NAME.fullmatch(path.name)]
    return sorted(found, key=lambda path: path.name.split("-", 1)[1])


def _canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
