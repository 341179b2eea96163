#!/usr/bin/env python3
"""Run Django's deployment checks on the production settings, with secrets made for it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from make_secrets import make

_ROOT = Path(__file__).resolve().parent.parent


def environment(folder: Path) -> dict[str, str]:
    """Return the settings of an invented live register whose secrets lie in `folder`."""
    make(folder)
    names = {
        "SECRET_KEY": "secret-key",
        "SEALING_KEYS": "sealing-keys.json",
        "INDEX_KEYS": "index-keys.json",
        "SMS_CALLBACK_SECRET": "sms-callback-secret",
        "DATABASE_URL": "app-database-url",
        "KEYS_DATABASE_URL": "app-keys-database-url",
        "REDIS_URL": "redis-url",
    }
    return {
        "PATH": os.environ.get("PATH", ""),
        "DJANGO_SETTINGS_MODULE": "config.settings.prod",
        "SITE_ORIGIN": "https://abroad.example",
        "ALLOWED_HOSTS": "abroad.example",
        **{f"{name}_FILE": str(folder / file) for name, file in names.items()},
    }


def main() -> int:
    """Return what `manage.py check --deploy` returns; warnings count as failures."""
    with tempfile.TemporaryDirectory(prefix="registry-") as folder:
        return subprocess.run(
            [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
            cwd=_ROOT,
            env=environment(Path(folder)),
            check=False,
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
