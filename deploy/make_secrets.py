#!/usr/bin/env python3
"""Make the secret files of a new register: python deploy/make_secrets.py FOLDER.

Needs nothing but Python. Existing files are never overwritten: whoever loses the sealing
keys loses the register. Keep copies of both key files apart from the databases' backups.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
from pathlib import Path

# Those of roles.sql that log in.
_ROLES = ("migrator", "app", "worker", "auditor", "backup")


def _key_set() -> str:
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return json.dumps({"active": 1, "keys": {"1": key}})


def _server(host: str, database: str) -> dict[str, str]:
    """Return the passwords of one server's roles, and the address of each."""
    passwords = {role: secrets.token_hex(32) for role in _ROLES}
    addresses = {
        f"{role}-{host}-url": f"postgresql://registry_{role}:{password}@{host}:5432/{database}"
        for role, password in passwords.items()
    }
    lines = [f"registry_{role} {password}\n" for role, password in passwords.items()]
    return {f"{host}-passwords": "".join(lines), **addresses}


def make(folder: Path) -> list[Path]:
    """Write the files into a folder closed to others; return them, none if some were there.

    The files themselves can be read by anybody: containers see them one by one, each as
    a user of its own.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    broker = secrets.token_hex(32)
    data, keys = _server("database", "registry"), _server("keys-database", "registry_keys")
    contents = {
        "secret-key": secrets.token_urlsafe(64),
        "sealing-keys.json": _key_set(),
        "index-keys.json": _key_set(),
        "sms-callback-secret": secrets.token_urlsafe(48),
        "superuser-password": secrets.token_hex(32),
        "keys-superuser-password": secrets.token_hex(32),
        "valkey.conf": f"requirepass {broker}\n",
        "redis-url": f"redis://:{broker}@valkey:6379/0",
        **data,
        **keys,
    }
    # A password belongs to the address that holds it; half a set would not fit the other.
    if any((folder / name).exists() for name in contents):
        return []
    for name, content in contents.items():
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
    return [folder / name for name in contents]


def main() -> int:
    """Make the files in the folder named on the command line."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    made = make(Path(sys.argv[1]))
    if not made:
        print(f"{sys.argv[1]} already holds secrets; nothing was written.", file=sys.stderr)
        return 1
    print(f"{len(made)} files written to {sys.argv[1]}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
