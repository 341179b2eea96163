"""Keys wrapped by AWS KMS. Needs the extra `aws` (boto3).

    awskms:alias/registry?keys=/etc/registry/sealing-keys.wrapped&region=eu-central-1

The whole key set lies wrapped in one file and is opened by one call at each process start.
Who we are comes from boto3's usual places (instance role, web identity). The encryption
context says the purpose, so that one set does not open as the other and the trail at
Amazon shows which was opened. `&endpoint=` is for a private endpoint.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from encryption.keysets import KeySet, Place, parse_key_set

try:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError as error:  # pragma: no cover - an installation without the extra
    raise ImproperlyConfigured("keys in AWS KMS need the extra `aws`: boto3") from error

_TIMEOUT_SECONDS = 10


class AwsKmsProvider:
    """`awskms:<key id, ARN or alias>?…`."""

    def __init__(self, place: Place) -> None:
        self._place = place
        # An ARN holds colons and slashes; urlsplit leaves them in the path.
        self._key_id = place.path
        if not self._key_id:
            raise ImproperlyConfigured(f"{place.setting} needs awskms:<key>")

    @property
    def path(self) -> Path:
        """Where the wrapped keys are."""
        return Path(self._place.option("keys"))

    def load(self) -> KeySet:
        """Return the key set, with one call to open it."""
        try:
            wrapped = base64.b64decode(self.path.read_text(encoding="ascii"), validate=False)
        except (OSError, UnicodeDecodeError, binascii.Error):
            raise self._fault("the file of wrapped keys cannot be read") from None
        answer = self._call("decrypt", CiphertextBlob=wrapped)
        try:
            text = bytes(answer["Plaintext"]).decode("utf-8")
        except (KeyError, UnicodeDecodeError):
            raise self._fault("the answer is no key set") from None
        return parse_key_set(self._place.setting, text)

    def wrap(self, keyset: KeySet) -> str:
        """Return the key set wrapped, in base64."""
        answer = self._call("encrypt", Plaintext=keyset.as_text().encode())
        return base64.b64encode(answer["CiphertextBlob"]).decode("ascii")

    def _call(self, verb: str, **arguments: Any) -> dict[str, Any]:
        client = boto3.client(
            "kms",
            region_name=self._place.options.get("region"),
            endpoint_url=self._place.options.get("endpoint"),
            config=Config(
                connect_timeout=_TIMEOUT_SECONDS,
                read_timeout=_TIMEOUT_SECONDS,
                retries={"total_max_attempts": 3, "mode": "standard"},
            ),
        )
        try:
            found: dict[str, Any] = getattr(client, verb)(
                KeyId=self._key_id,
                EncryptionContext={"registry": self._place.purpose},
                **arguments,
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            raise self._fault(f"KMS refused: {code}") from None
        except BotoCoreError as error:
            raise self._fault(f"KMS cannot be reached ({type(error).__name__})") from None
        finally:
            client.close()
        return found

    def _fault(self, what: str) -> ImproperlyConfigured:
        return ImproperlyConfigured(f"{self._place.setting}: {what}")
