"""Where key sets come from: one small protocol, one file for each kind of place.

A setting (SEALING_KEYS, INDEX_KEYS) holds either a key set as JSON, which settings read
from the secret file SEALING_KEYS_FILE, or the name of a place:

    file:/etc/registry/sealing-keys.json     a file that nobody but its owner may read
    credential:sealing-keys                  a systemd credential or a Docker secret
    environment:SEALING_KEYS                 a variable; for developers, refused in production
    vault+https://host:8200/transit/name?…   OpenBao or HashiCorp Vault, see vault.py
    awskms:alias/name?…                      AWS KMS, see awskms.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlsplit

from django.core.exceptions import ImproperlyConfigured

from encryption.keysets import KeyProvider, Place
from encryption.providers.credential import CredentialProvider
from encryption.providers.environment import EnvironmentProvider
from encryption.providers.file import FileProvider
from encryption.providers.given import GivenProvider

SCHEMES = ("file", "credential", "environment", "vault+https", "vault+http", "awskms")


def _vault(place: Place) -> KeyProvider:
    from encryption.providers.vault import VaultProvider

    return VaultProvider(place)


def _awskms(place: Place) -> KeyProvider:
    from encryption.providers.awskms import AwsKmsProvider

    return AwsKmsProvider(place)


_PROVIDERS: Mapping[str, Callable[[Place], KeyProvider]] = {
    "file": FileProvider,
    "credential": CredentialProvider,
    "environment": EnvironmentProvider,
    "vault+https": _vault,
    "vault+http": _vault,
    "awskms": _awskms,
}


def provider(setting: str, value: str) -> KeyProvider:
    """Return the provider that a setting's value names.

    Raises ImproperlyConfigured, without quoting the value, when it names none.
    """
    if value.lstrip().startswith("{"):
        return GivenProvider(setting, value)
    parts = urlsplit(value)
    make = _PROVIDERS.get(parts.scheme)
    if make is None:
        raise ImproperlyConfigured(f"{setting} is neither a key set nor a place; see .env.example")
    path = parts.path
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    return make(Place(setting, parts.scheme, parts.netloc, path, options))
