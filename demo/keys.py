"""Secrets of one demo: made at its first start, kept in files that only we can read.

Every one of them is recognisable as a demo's, so that production can refuse it.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from walls.roles import LOGINS

# "demo" in base64: the beginning of each demo key.
_MARK = b"demo"


@dataclass(frozen=True)
class Keys:
    """Paths of the secret files in one folder."""

    folder: Path

    @property
    def secret_key(self) -> Path:
        """Django's SECRET_KEY."""
        return self.folder / "secret-key"

    @property
    def sealing_keys(self) -> Path:
        """The keys that seal personal data."""
        return self.folder / "sealing-keys.json"

    @property
    def index_keys(self) -> Path:
        """The keys of the blind indexes."""
        return self.folder / "index-keys.json"

    @property
    def sms_callback_secret(self) -> Path:
        """What the SMS gateway and the product prove themselves to each other with."""
        return self.folder / "sms-callback-secret"

    @property
    def database_password(self) -> Path:
        """The password of the role that may do everything a test needs."""
        return self.folder / "database-password"

    def role_password(self, role: str) -> Path:
        """The password of one role of the database."""
        return self.folder / f"{role.replace('_', '-')}-password"

    @property
    def superuser_password(self) -> Path:
        """The password of the role that may do anything with the database server."""
        return self.folder / "superuser-password"

    @property
    def broker_password(self) -> Path:
        """Valkey's password."""
        return self.folder / "broker-password"

    def environment(self) -> dict[str, str]:
        """Return the settings that name the secret files."""
        return {
            "SECRET_KEY_FILE": str(self.secret_key),
            "SEALING_KEYS_FILE": str(self.sealing_keys),
            "INDEX_KEYS_FILE": str(self.index_keys),
            "SMS_CALLBACK_SECRET_FILE": str(self.sms_callback_secret),
        }


def ensure(folder: Path) -> Keys:
    """Return the secrets in `folder`, making those that are missing."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    keys = Keys(folder)
    for path in (
        *(keys.secret_key, keys.sms_callback_secret),
        *(keys.database_password, keys.superuser_password, keys.broker_password),
        *(keys.role_password(role) for role in LOGINS),
    ):
        _write_once(path, f"demo-{secrets.token_urlsafe(48)}")
    for path in (keys.sealing_keys, keys.index_keys):
        _write_once(path, _key_set())
    return keys


def _key_set() -> str:
    key = _MARK + secrets.token_bytes(32 - len(_MARK))
    return json.dumps({"active": 1, "keys": {"1": base64.b64encode(key).decode()}})


def _write_once(path: Path, text: str) -> None:
    if path.exists():
        return
    # Whole or not at all: half a key would make everything sealed with it unreadable.
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    with open(unfinished, "x", encoding="utf-8", opener=_open_private) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)


def write_private(path: Path, text: str) -> None:
    """Write a file that only we can read, replacing what was there."""
    path.unlink(missing_ok=True)
    with open(path, "x", encoding="utf-8", opener=_open_private) as file:
        file.write(text)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
