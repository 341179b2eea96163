"""The SMS providers of this installation: their names, numbers they serve, shares.

SMS_ROUTES is a JSON list, best read top to bottom:
[{"name": "alfa", "url": "smpp://…", "prefixes": ["+961"], "weight": 70, "secret": "…"}, …]
`prefixes` left out means every number; `weight` (default 100) is the share among providers
that serve the same numbers; `secret` proves the provider on our callback addresses.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_NAME = re.compile(r"[a-z][a-z0-9-]{0,15}")
_PREFIX = re.compile(r"\+[1-9][0-9]{0,14}")
_KNOWN = {"name", "url", "prefixes", "weight", "secret"}


@dataclass(frozen=True, slots=True)
class Provider:
    """One entry of SMS_ROUTES."""

    name: str
    url: str = field(repr=False)
    prefixes: tuple[str, ...] = ()
    weight: int = 100
    secret: str = field(default="", repr=False)


def providers() -> tuple[Provider, ...]:
    """Return the providers of SMS_ROUTES; none if only SMS_URL is used.

    Raises ImproperlyConfigured without repeating what is wrong: it may hold a secret.
    """
    return _parsed(settings.SMS_ROUTES)


def provider_named(name: str) -> Provider | None:
    """Return a provider by its name, or None."""
    return next((one for one in providers() if one.name == name), None)


def full_reference(provider: str, reference: str) -> str:
    """Return the reference deliveries keep: two providers may use the same ids."""
    if not reference or provider_named(provider) is None:
        return reference
    return f"{provider}:{reference}"[:80]


@lru_cache(maxsize=4)
def _parsed(text: str) -> tuple[Provider, ...]:
    if not text.strip():
        return ()
    try:
        entries = json.loads(text)
        found = tuple(_provider(entry) for entry in entries)
    except (ValueError, TypeError, KeyError, AttributeError):
        found = ()
    if not found or len({one.name for one in found}) < len(found):
        raise ImproperlyConfigured("SMS_ROUTES is not a list of providers; see .env.example")
    return found


def _provider(entry: dict[str, Any]) -> Provider:
    weight = entry.get("weight", 100)
    prefixes = tuple(entry.get("prefixes", ()))
    if (
        entry.keys() - _KNOWN
        or not _NAME.fullmatch(entry["name"])
        or not all(_PREFIX.fullmatch(prefix) for prefix in prefixes)
        or not isinstance(weight, int)
        or not 0 <= weight <= 1000
    ):
        raise ValueError
    return Provider(entry["name"], str(entry["url"]), prefixes, weight, entry.get("secret", ""))
