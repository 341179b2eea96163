"""Settings for commands that touch no service: type checks, migrations, catalogues.

Nothing can be read or written with them: the databases have no backend and the secrets
are words.
"""

from __future__ import annotations

import os
from importlib.util import find_spec

for _name, _value in {
    "DATABASE_URL": "postgresql:///offline",
    "KEYS_DATABASE_URL": "postgresql:///offline",
    "REDIS_URL": "redis://127.0.0.1:0/0",
    "SECRET_KEY": "offline-only",
    "SEALING_KEYS": '{"active": 1, "keys": {}}',
    "INDEX_KEYS": '{"active": 1, "keys": {}}',
    "SMS_CALLBACK_SECRET": "offline-only",
}.items():
    os.environ.setdefault(_name, _value)

from config.settings.base import *  # noqa: E402

# An image for production is built without the demo.
INSTALLED_APPS = [*INSTALLED_APPS, *(["demo"] if find_spec("demo") else [])]
DATABASES = {alias: {"ENGINE": "django.db.backends.dummy"} for alias in DATABASES}
