"""Keys wrapped by AWS KMS, against moto's server over HTTP."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from django.core.exceptions import ImproperlyConfigured
from moto.server import ThreadedMotoServer

from encryption.keysets import KeySet, KeyWrapper
from encryption.providers import provider

KEYS = KeySet(1, {1: os.urandom(32), 2: os.urandom(32)})


@pytest.fixture(autouse=True)
def _identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tests")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def place(endpoint: str, tmp_path: Path) -> str:
    client = boto3.client("kms", region_name="eu-central-1", endpoint_url=endpoint)
    key_id = client.create_key()["KeyMetadata"]["KeyId"]
    return f"awskms:{key_id}?keys={tmp_path}/wrapped&region=eu-central-1&endpoint={endpoint}"


def wrap(setting: str, place: str, keyset: KeySet) -> str:
    found = provider(setting, place)
    assert isinstance(found, KeyWrapper)
    return found.wrap(keyset)


def test_a_wrapped_set_opens(place: str, tmp_path: Path) -> None:
    (tmp_path / "wrapped").write_text(wrap("SEALING_KEYS", place, KEYS))
    assert provider("SEALING_KEYS", place).load() == KEYS


def test_one_set_does_not_open_as_the_other(place: str, tmp_path: Path) -> None:
    (tmp_path / "wrapped").write_text(wrap("SEALING_KEYS", place, KEYS))
    with pytest.raises(ImproperlyConfigured, match="INDEX_KEYS: KMS refused: InvalidCiphertext"):
        provider("INDEX_KEYS", place).load()


def test_an_altered_set_and_a_strange_key_are_refused(place: str, tmp_path: Path) -> None:
    path = tmp_path / "wrapped"
    path.write_text(wrap("SEALING_KEYS", place, KEYS)[:-8] + "AAAAAAA=")
    with pytest.raises(ImproperlyConfigured, match="KMS refused"):
        provider("SEALING_KEYS", place).load()
    strange = place.replace("awskms:", "awskms:0")
    with pytest.raises(ImproperlyConfigured, match="KMS refused: NotFound"):
        wrap("SEALING_KEYS", strange, KEYS)


def test_a_missing_file_and_a_server_that_is_away_are_told(place: str, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="wrapped keys cannot be read"):
        provider("SEALING_KEYS", place).load()
    (tmp_path / "wrapped").write_text("AAAA")
    away = f"awskms:x?keys={tmp_path}/wrapped&region=eu-central-1&endpoint=http://127.0.0.1:1"
    with pytest.raises(ImproperlyConfigured, match="cannot be reached"):
        provider("SEALING_KEYS", away).load()
