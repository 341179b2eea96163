"""Keys in files, credentials and variables: read when they are closed, refused when not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from encryption.keysets import KeySet
from encryption.providers import provider
from encryption.providers.file import write_private

KEYS = KeySet(2, {1: os.urandom(32), 2: os.urandom(32)})


def load(value: str) -> KeySet:
    return provider("SEALING_KEYS", value).load()


def test_a_set_is_the_same_after_it_was_written_down() -> None:
    assert load(KEYS.as_text()) == KEYS


def test_a_private_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    write_private(path, KEYS.as_text())
    assert path.stat().st_mode & 0o777 == 0o400
    assert load(f"file:{path}") == KEYS


@pytest.mark.parametrize("mode", [0o440, 0o404, 0o644, 0o620, 0o602])
def test_a_file_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keys.json"
    write_private(path, KEYS.as_text())
    path.chmod(mode)
    with pytest.raises(ImproperlyConfigured, match="chmod 0400"):
        load(f"file:{path}")


def test_a_link_a_folder_and_nothing_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    write_private(path, KEYS.as_text())
    link = tmp_path / "link"
    link.symlink_to(path)
    for place in (link, tmp_path, tmp_path / "none"):
        with pytest.raises(ImproperlyConfigured, match="SEALING_KEYS: the key file"):
            load(f"file:{place}")


def test_writing_again_replaces_a_file_nobody_may_write(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    write_private(path, KEYS.as_text())
    more = KEYS.with_new_key()
    write_private(path, more.as_text())
    assert load(f"file:{path}") == more
    assert [found.name for found in tmp_path.iterdir()] == ["keys.json"]


def test_a_credential_is_read_from_where_systemd_puts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sealing-keys").write_text(KEYS.as_text())
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert load("credential:sealing-keys") == KEYS
    for name in ("index-keys", "../sealing-keys", "", ".", "/etc/passwd"):
        with pytest.raises(ImproperlyConfigured, match="credential"):
            load(f"credential:{name}")


def test_a_variable_is_for_developers(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEALING_KEYS", KEYS.as_text())
    assert load("environment:SEALING_KEYS") == KEYS
    settings.IS_PRODUCTION = True
    with pytest.raises(ImproperlyConfigured, match="environment"):
        load("environment:SEALING_KEYS")


def test_a_demo_key_is_refused_in_production(settings) -> None:
    text = KeySet(1, {1: b"demo" + os.urandom(28)}).as_text()
    assert load(text).active == 1
    settings.IS_PRODUCTION = True
    with pytest.raises(ImproperlyConfigured, match="demo"):
        load(text)


@pytest.mark.parametrize("value", ["", "keys", "https://x/y", "/etc/keys", "vault:x", "s3:x"])
def test_what_names_no_place_is_refused_without_repeating_it(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="neither") as refusal:
        load(value)
    assert value == "" or value not in str(refusal.value).removesuffix("see .env.example")


def test_a_set_shows_no_key(tmp_path: Path) -> None:
    assert "\\x" not in repr(KEYS)
    assert "keys=" not in repr(KEYS)
