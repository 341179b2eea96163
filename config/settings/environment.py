"""Reading settings from the environment, secrets from files.

Every setting NAME may instead be given as NAME_FILE, the path of a file that
holds the value: that is how Docker, systemd and Kubernetes hand over secrets.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}


def text(name: str, default: str | None = None) -> str:
    """Return the value of NAME or the content of the file NAME_FILE names.

    Raises ImproperlyConfigured when neither is set and there is no default.
    """
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}") from error
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"{name} (or {name}_FILE) must be set; see .env.example")
    return value


def keys(name: str) -> str:
    """Return the key set in the file NAME_FILE, or the place of one that NAME itself names.

    Keys that stand in the variable itself come back as the place "environment:NAME", so that
    production can tell them from a file's and refuse them.
    """
    value = text(name)
    if value.startswith("{") and not os.environ.get(f"{name}_FILE"):
        return f"environment:{name}"
    return value


def flag(name: str, default: bool = False) -> bool:
    """Return NAME as a truth value."""
    return text(name, str(default)).lower() in _TRUE


def whole(name: str, default: int) -> int:
    """Return NAME as a whole number."""
    return int(text(name, str(default)))


def words(name: str, default: str = "") -> list[str]:
    """Return NAME split at commas, empty parts dropped."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def database(name: str, default: str | None = None) -> dict[str, Any]:
    """Return a Django database setting from a postgresql:// URL in NAME.

    A socket folder may be given as ?host=/folder, as libpq does.
    """
    parts = urlsplit(text(name, default))
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"{name} must be a postgresql:// URL")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", unquote(parts.hostname or "")),
        "PORT": str(parts.port or query.pop("port", "")),
        "OPTIONS": query,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
