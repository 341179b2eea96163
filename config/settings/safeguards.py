"""What a live register must not start with."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from encryption.providers import SCHEMES

_SHORTEST_SECRET = 50
_SHORTEST_SHARED_SECRET = 32
_KEY_BYTES = 32
# The demo begins each of its secrets with this word.
_DEMO = "demo"
_DEMO_WORDS = ("demo", "django-insecure", "offline", "change", "secret", "example")


def refuse_unsafe(settings: Mapping[str, Any]) -> None:
    """Raise ImproperlyConfigured with one sentence for each thing that is unsafe."""
    faults = list(_faults(settings))
    if faults:
        raise ImproperlyConfigured(" ".join(faults))


def _faults(settings: Mapping[str, Any]) -> Iterator[str]:
    if settings["DEBUG"]:
        yield "DEBUG must be off in production."
    if "demo" in settings["INSTALLED_APPS"]:
        yield "The demo app must not be installed in production."
    yield from _secret_faults("SECRET_KEY", settings["SECRET_KEY"], _SHORTEST_SECRET)
    yield from _secret_faults(
        "SMS_CALLBACK_SECRET", settings["SMS_CALLBACK_SECRET"], _SHORTEST_SHARED_SECRET
    )
    if metrics_secret := settings.get("METRICS_SECRET"):
        yield from _secret_faults("METRICS_SECRET", metrics_secret, _SHORTEST_SHARED_SECRET)
    yield from _key_faults(settings["SEALING_KEYS"], settings["INDEX_KEYS"])
    yield from _origin_faults(settings)
    for name in ("MAIL_URL", "SMS_URL"):
        if _endpoint(settings[f"EXERCISE_{name}"]) == _endpoint(settings[name]):
            yield f"EXERCISE_{name} must not lead to the server of the live route {name}."


def _key_faults(sealing: str, index: str) -> Iterator[str]:
    """Yield what is wrong with two key sets, as far as it shows before they are loaded.

    What lies in another place is judged when it is loaded (encryption.keysets).
    """
    given = {"SEALING_KEYS": sealing, "INDEX_KEYS": index}
    sets = {}
    for name, value in given.items():
        scheme = urlsplit(value).scheme
        if scheme == "environment":
            yield f"{name} must not stand in the environment itself; see .env.example."
        elif scheme not in SCHEMES:
            sets[name] = Keys(value)
            yield from sets[name].faults(name)
    both = [keys.values for keys in sets.values()]
    if sealing == index or (len(both) == len(given) and both[0] & both[1]):
        yield "SEALING_KEYS and INDEX_KEYS must not share a key."


def _endpoint(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme.rstrip("s"), parts.hostname or "", parts.port


def _secret_faults(name: str, value: str, shortest: int) -> Iterator[str]:
    if len(value) < shortest or len(set(value)) < 5:
        yield f"{name} must be at least {shortest} random characters."
    elif value.lower().startswith(_DEMO_WORDS):
        yield f"{name} is the one of a demo; make a new one."


def _origin_faults(settings: Mapping[str, Any]) -> Iterator[str]:
    origin = urlsplit(settings["SITE_ORIGIN"])
    if origin.scheme != "https" or not origin.hostname:
        yield "SITE_ORIGIN must be an https:// address."
    elif origin.hostname not in settings["ALLOWED_HOSTS"]:
        yield "ALLOWED_HOSTS must hold the host of SITE_ORIGIN."
    if "*" in settings["ALLOWED_HOSTS"]:
        yield "ALLOWED_HOSTS must not allow every host."


class Keys:
    """A key set as it stands in the settings, read leniently so that faults can be told."""

    def __init__(self, text: str) -> None:
        self.active: object = None
        self.keys: dict[str, bytes | None] = {}
        try:
            content = json.loads(text)
            self.active = content["active"]
            self.keys = {str(name): _decoded(value) for name, value in content["keys"].items()}
            self.is_readable = True
        except (ValueError, TypeError, KeyError, AttributeError):
            self.is_readable = False

    @property
    def values(self) -> set[bytes]:
        """The keys themselves."""
        return {key for key in self.keys.values() if key is not None}

    def faults(self, name: str) -> Iterator[str]:
        """Yield a sentence for each thing that is wrong."""
        if not self.is_readable:
            yield f'{name} must be JSON like {{"active": 1, "keys": {{"1": "..."}}}} or a place.'
            return
        if str(self.active) not in self.keys:
            yield f"{name} has no key with the number it calls active."
        if any(key is None or len(key) != _KEY_BYTES for key in self.keys.values()):
            yield f"{name} must hold keys of {_KEY_BYTES} bytes in base64."
        if any(key.startswith(_DEMO.encode()) for key in self.values):
            yield f"{name} holds a key of a demo; make new ones."
        if any(len(set(key)) < 8 for key in self.values):
            yield f"{name} holds a key that is not random."


def _decoded(value: object) -> bytes | None:
    try:
        return base64.b64decode(str(value), validate=True)
    except binascii.Error:
        return None
