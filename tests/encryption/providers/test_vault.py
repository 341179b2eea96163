"""Keys wrapped by transit, against a real OpenBao server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from encryption.keysets import KeySet, KeyWrapper
from encryption.providers import provider
from tests.encryption.openbao import OpenBao

KEYS = KeySet(2, {1: os.urandom(32), 2: os.urandom(32)})


@pytest.fixture(scope="module")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    server = OpenBao(tmp_path_factory.mktemp("bao"))
    try:
        yield server.start()
    finally:
        server.stop()


def wrapper(setting: str, value: str) -> KeyWrapper:
    found = provider(setting, value)
    assert isinstance(found, KeyWrapper)
    return found


@pytest.fixture
def wrapped(bao: OpenBao, tmp_path: Path) -> Path:
    path = tmp_path / "sealing.wrapped"
    path.write_text(wrapper("SEALING_KEYS", bao.place(path)).wrap(KEYS) + "\n")
    return path


def test_a_wrapped_set_opens_by_role(bao: OpenBao, wrapped: Path) -> None:
    assert wrapped.read_text().startswith("vault:v")
    assert provider("SEALING_KEYS", bao.place(wrapped)).load() == KEYS


def test_a_wrapped_set_opens_with_an_agents_token(bao: OpenBao, wrapped: Path) -> None:
    token = wrapped.with_name("token")
    token.write_text("root-of-the-tests\n")
    assert provider("SEALING_KEYS", bao.place(wrapped, token=str(token))).load() == KEYS


def test_it_still_opens_after_the_server_turned_its_own_key(bao: OpenBao, wrapped: Path) -> None:
    before = wrapped.read_text().split(":")[1]
    bao.ask("POST", "transit/keys/registry/rotate", {})
    place = bao.place(wrapped)
    assert provider("SEALING_KEYS", place).load() == KEYS
    wrapped.write_text(wrapper("SEALING_KEYS", place).wrap(KEYS))
    assert wrapped.read_text().split(":")[1] != before
    assert provider("SEALING_KEYS", place).load() == KEYS


def test_one_set_does_not_open_as_the_other(bao: OpenBao, wrapped: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="INDEX_KEYS: the server refused with 4"):
        provider("INDEX_KEYS", bao.place(wrapped)).load()


def test_an_altered_set_is_refused(bao: OpenBao, wrapped: Path) -> None:
    text = wrapped.read_text().strip()
    wrapped.write_text(text[:-6] + ("A" if text[-6] != "A" else "B") + text[-5:])
    with pytest.raises(ImproperlyConfigured, match="refused with 400"):
        provider("SEALING_KEYS", bao.place(wrapped)).load()


def test_a_wrong_secret_is_refused_and_repeated_nowhere(bao: OpenBao, wrapped: Path) -> None:
    (wrapped.parent / "role").write_text((bao.folder / "role-id").read_text())
    (wrapped.parent / "secret").write_text("11111111-2222-3333-4444-555555555555")
    place = bao.place(
        wrapped, role=str(wrapped.parent / "role"), secret=str(wrapped.parent / "secret")
    )
    with pytest.raises(ImproperlyConfigured, match="refused with 4") as refusal:
        provider("SEALING_KEYS", place).load()
    assert "11111111" not in str(refusal.value)


def test_a_server_that_is_away_is_told_so(wrapped: Path) -> None:
    place = f"vault+http://127.0.0.1:1/transit/registry?keys={wrapped}&token={wrapped}"
    with pytest.raises(ImproperlyConfigured, match="cannot be reached"):
        provider("SEALING_KEYS", place).load()


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("vault+http://vault.example:8200/transit/registry", "only an agent on this host"),
        ("vault+https://vault.example:8200/registry", "needs vault"),
        ("vault+https:///transit/registry", "needs vault"),
        ("vault+https://vault.example/transit/registry", r"needs \?keys="),
    ],
)
def test_a_half_named_place_is_refused(place: str, sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=sentence):
        provider("SEALING_KEYS", place).load()
