"""Settings of the test suite; tests/conftest.py starts the services they point to."""

from __future__ import annotations

from config.settings.base import *

INSTALLED_APPS = [*INSTALLED_APPS, "demo"]
# Served from where they lie: the suite needs no collectstatic before it.
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
# Argon2 takes a tenth of a second on purpose; the suite signs hundreds of people in.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The suite's requests reach the database as the web processes do, behind its walls.
MIDDLEWARE = ["tests.walls.requesting.AsAppMiddleware", *MIDDLEWARE]
