"""A key set: 32-byte keys by version, one of them active, and how it is written down."""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32
# A key of random bytes has fewer different ones than this once in 10^20.
_FEWEST_DIFFERENT_BYTES = 8
_DEMO = b"demo"


class SealError(Exception):
    """A sealed value does not belong where it was found, or has been altered."""


@dataclass(frozen=True)
class KeySet:
    """One set of 32-byte keys by version; new values use the active version."""

    active: int
    keys: Mapping[int, bytes] = field(repr=False)

    def key(self, version: int) -> bytes:
        """Return the key of a version; raises SealError when it is not loaded."""
        try:
            return self.keys[version]
        except KeyError:
            raise SealError(f"key version {version} is not loaded") from None

    def with_new_key(self) -> KeySet:
        """Return the set with one more random key, not active yet."""
        version = max(self.keys) + 1
        return KeySet(self.active, {**self.keys, version: os.urandom(KEY_BYTES)})

    def with_active(self, version: int) -> KeySet:
        """Return the set with another version active; raises SealError if it is not there."""
        self.key(version)
        return KeySet(version, self.keys)

    def without(self, version: int) -> KeySet:
        """Return the set without a version; raises SealError for the active one."""
        self.key(version)
        if version == self.active:
            raise SealError("the active version cannot go")
        return KeySet(self.active, {v: key for v, key in self.keys.items() if v != version})

    def as_text(self) -> str:
        """Return the set as it is written into a secret file."""
        keys = {str(v): base64.b64encode(key).decode() for v, key in sorted(self.keys.items())}
        return json.dumps({"active": self.active, "keys": keys})


class KeyProvider(Protocol):
    """Where one key set comes from: asked once per process, never per row."""

    def load(self) -> KeySet:
        """Return the key set; raises ImproperlyConfigured, quoting no secret."""


@runtime_checkable
class KeyWrapper(KeyProvider, Protocol):
    """A provider whose keys lie wrapped on disk: what it takes to make that file."""

    def wrap(self, keyset: KeySet) -> str:
        """Return the text that the file of wrapped keys is to hold."""


@dataclass(frozen=True)
class Place:
    """The parts of a setting that names a place: scheme://host path ?options."""

    setting: str
    scheme: str
    host: str
    path: str
    options: Mapping[str, str]

    @property
    def purpose(self) -> str:
        """What the keys are for: "sealing-keys" or "index-keys". Bound into wrapped sets."""
        return self.setting.lower().replace("_", "-")

    def option(self, name: str) -> str:
        """Return an option; raises ImproperlyConfigured when it is missing."""
        try:
            return self.options[name]
        except KeyError:
            raise ImproperlyConfigured(f"{self.setting} needs ?{name}=; see .env.example") from None


def parse_key_set(name: str, text: str) -> KeySet:
    """Read {"active": 1, "keys": {"1": "<base64 of 32 bytes>"}}.

    Raises ImproperlyConfigured, without quoting the text, when it is not that.
    """
    try:
        data = json.loads(text)
        keys = {int(v): base64.b64decode(k, validate=True) for v, k in data["keys"].items()}
        active = int(data["active"])
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise ImproperlyConfigured(f"{name} is not a key set; see .env.example") from None
    if active not in keys or any(len(key) != KEY_BYTES for key in keys.values()):
        raise ImproperlyConfigured(f"{name} needs 32-byte keys and an active version among them")
    if not all(0 < version < 2**15 for version in keys):
        raise ImproperlyConfigured(f"{name} needs versions between 1 and 32767")
    if len(set(keys.values())) < len(keys):
        raise ImproperlyConfigured(f"{name} holds one key under two versions")
    if any(len(set(key)) < _FEWEST_DIFFERENT_BYTES for key in keys.values()):
        raise ImproperlyConfigured(f"{name} holds a sample key, not a random one")
    if settings.IS_PRODUCTION and any(key.startswith(_DEMO) for key in keys.values()):
        raise ImproperlyConfigured(f"{name} holds a key of a demo; make new ones")
    return KeySet(active, keys)
