"""Keys wrapped by the transit engine of OpenBao or HashiCorp Vault.

    vault+https://vault.example:8200/transit/registry?keys=/etc/registry/sealing-keys.wrapped
        &role=/run/secrets/role-id&secret=/run/secrets/secret-id     AppRole, or
        &token=/run/vault/token                                      a file an agent keeps fresh
        &ca=/etc/ssl/ours.pem &namespace=ministry &approle=approle

The whole key set lies wrapped in one file and is opened by one call at each process start;
the server is not asked again, so it may be away while people register. It wraps for one
purpose (associated data): the file of the index keys does not open as sealing keys. Plain
http is taken from this machine only, where an agent listens.
"""

from __future__ import annotations

import base64
import binascii
import http.client
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from encryption.keysets import KeySet, Place, parse_key_set

_TIMEOUT_SECONDS = 10
_LOCAL = {"127.0.0.1", "::1", "localhost"}
_MOST_BYTES = 1024 * 1024


class VaultProvider:
    """`vault+https://host:port/<mount>/<key name>?…`."""

    def __init__(self, place: Place) -> None:
        self._place = place
        address = urlsplit(f"//{place.host}")
        self._host, self._port = address.hostname or "", address.port or 8200
        self._is_tls = place.scheme == "vault+https"
        mount, _, name = place.path.strip("/").rpartition("/")
        if not (self._host and mount and name):
            raise ImproperlyConfigured(f"{place.setting} needs vault+https://host/mount/key")
        if not self._is_tls and self._host not in _LOCAL:
            raise ImproperlyConfigured(f"{place.setting}: only an agent on this host by http")
        self._mount, self._name = mount, name

    @property
    def path(self) -> Path:
        """Where the wrapped keys are."""
        return Path(self._place.option("keys"))

    def load(self) -> KeySet:
        """Return the key set, with one call to open it."""
        try:
            wrapped = self.path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise self._fault("the file of wrapped keys cannot be read") from None
        answer = self._transit("decrypt", {"ciphertext": wrapped})
        try:
            text = base64.b64decode(answer["plaintext"], validate=True).decode("utf-8")
        except (KeyError, TypeError, ValueError, binascii.Error):
            raise self._fault("the server's answer is no key set") from None
        return parse_key_set(self._place.setting, text)

    def wrap(self, keyset: KeySet) -> str:
        """Return the key set wrapped: `vault:v1:…`."""
        plain = base64.b64encode(keyset.as_text().encode()).decode()
        return str(self._transit("encrypt", {"plaintext": plain})["ciphertext"])

    def _transit(self, verb: str, body: Mapping[str, str]) -> Mapping[str, Any]:
        bound = base64.b64encode(f"registry|{self._place.purpose}".encode()).decode()
        return self._post(
            f"{self._mount}/{verb}/{self._name}",
            {**body, "associated_data": bound},
            self._token(),
            "data",
        )

    def _token(self) -> str:
        if path := self._place.options.get("token"):
            return self._secret(path)
        credentials = {
            "role_id": self._secret(self._place.option("role")),
            "secret_id": self._secret(self._place.option("secret")),
        }
        mount = self._place.options.get("approle", "approle")
        return str(
            self._post(f"auth/{mount}/login", credentials, "", "auth").get("client_token", "")
        )

    def _secret(self, path: str) -> str:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise self._fault(f"a credential cannot be read: {error.strerror}") from None

    def _post(self, path: str, body: Mapping[str, str], token: str, part: str) -> Mapping[str, Any]:
        headers = {"Content-Type": "application/json", "X-Vault-Request": "true"}
        if token:
            headers["X-Vault-Token"] = token
        if namespace := self._place.options.get("namespace"):
            headers["X-Vault-Namespace"] = namespace
        connection = self._connection()
        try:
            connection.request("POST", f"/v1/{path}", json.dumps(body), headers)
            response = connection.getresponse()
            data = response.read(_MOST_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise self._fault(f"the server cannot be reached ({type(error).__name__})") from None
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            # The body may repeat what was sent; the number is enough.
            raise self._fault(f"the server refused with {response.status}")
        try:
            found = json.loads(data)[part]
        except (ValueError, KeyError, TypeError):
            found = None
        if not isinstance(found, dict):
            raise self._fault("the server's answer is not understood")
        return found

    def _connection(self) -> http.client.HTTPConnection:
        if not self._is_tls:
            return http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT_SECONDS)
        try:
            context = ssl.create_default_context(cafile=self._place.options.get("ca"))
        except (OSError, ssl.SSLError):
            raise self._fault("the certificates of ?ca= cannot be read") from None
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=_TIMEOUT_SECONDS, context=context
        )

    def _fault(self, what: str) -> ImproperlyConfigured:
        return ImproperlyConfigured(f"{self._place.setting}: {what}")
