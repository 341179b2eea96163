"""A live register refuses to start unsafely, and says why in one sentence each."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.settings.safeguards import refuse_unsafe
from demo import keys as demo_keys

ROOT = Path(settings.BASE_DIR)


def key_set(*keys: bytes, active: object = 1) -> str:
    """Return a key set as it stands in a secret file."""
    encoded = {str(n): base64.b64encode(key).decode() for n, key in enumerate(keys, start=1)}
    return json.dumps({"active": active, "keys": encoded})


@pytest.fixture
def safe() -> dict[str, Any]:
    """The settings of a register that may start."""
    return {
        "DEBUG": False,
        "INSTALLED_APPS": ["registry"],
        "SECRET_KEY": secrets.token_urlsafe(64),
        "SMS_CALLBACK_SECRET": secrets.token_urlsafe(32),
        "SEALING_KEYS": key_set(secrets.token_bytes(32), secrets.token_bytes(32), active=2),
        "INDEX_KEYS": key_set(secrets.token_bytes(32)),
        "SITE_ORIGIN": "https://abroad.example",
        "ALLOWED_HOSTS": ["abroad.example"],
        "MAIL_URL": "smtps://mail.example",
        "SMS_URL": "https://sms.example/send",
        "EXERCISE_MAIL_URL": "",
        "EXERCISE_SMS_URL": "",
    }


def test_a_safe_register_starts(safe: dict[str, Any]) -> None:
    refuse_unsafe(safe)


SHARED = secrets.token_bytes(32)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"DEBUG": True}, "DEBUG must be off"),
        ({"INSTALLED_APPS": ["registry", "demo"]}, "demo app must not be installed"),
        ({"SECRET_KEY": ""}, "SECRET_KEY must be at least 50"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must be at least 50"),
        ({"SECRET_KEY": "a" * 80}, "SECRET_KEY must be at least 50"),
        ({"SECRET_KEY": "demo-" + secrets.token_urlsafe(64)}, "SECRET_KEY is the one of a demo"),
        ({"SMS_CALLBACK_SECRET": "x"}, "SMS_CALLBACK_SECRET must be at least 32"),
        ({"SEALING_KEYS": ""}, "SEALING_KEYS must be JSON"),
        ({"SEALING_KEYS": "[]"}, "SEALING_KEYS must be JSON"),
        ({"SEALING_KEYS": '{"active": 1, "keys": {}}'}, "no key with the number"),
        ({"SEALING_KEYS": key_set(secrets.token_bytes(32), active=2)}, "no key with the number"),
        ({"SEALING_KEYS": key_set(secrets.token_bytes(16))}, "keys of 32 bytes"),
        ({"SEALING_KEYS": '{"active": 1, "keys": {"1": "***"}}'}, "keys of 32 bytes"),
        ({"SEALING_KEYS": key_set(b"demo" + secrets.token_bytes(28))}, "holds a key of a demo"),
        ({"INDEX_KEYS": key_set(bytes(32))}, "INDEX_KEYS holds a key that is not random"),
        (
            {"SEALING_KEYS": key_set(SHARED), "INDEX_KEYS": key_set(SHARED)},
            "must not share a key",
        ),
        ({"SITE_ORIGIN": "http://abroad.example"}, "SITE_ORIGIN must be an https:// address"),
        ({"SITE_ORIGIN": "https://"}, "SITE_ORIGIN must be an https:// address"),
        ({"ALLOWED_HOSTS": ["other.example"]}, "must hold the host of SITE_ORIGIN"),
        ({"ALLOWED_HOSTS": ["abroad.example", "*"]}, "must not allow every host"),
        ({"EXERCISE_SMS_URL": "https://sms.example/send"}, "the live route"),
        ({"EXERCISE_MAIL_URL": "smtps://mail.example"}, "the live route"),
    ],
)
def test_an_unsafe_register_refuses(
    safe: dict[str, Any], changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=sentence):
        refuse_unsafe({**safe, **changes})


def test_every_fault_is_told_at_once(safe: dict[str, Any]) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        refuse_unsafe({**safe, "DEBUG": True, "SECRET_KEY": "short"})
    assert "DEBUG" in str(refusal.value)
    assert "SECRET_KEY" in str(refusal.value)


def test_a_refusal_repeats_no_secret(safe: dict[str, Any]) -> None:
    told = "demo-" + secrets.token_urlsafe(64)
    with pytest.raises(ImproperlyConfigured) as refusal:
        refuse_unsafe({**safe, "SECRET_KEY": told, "SEALING_KEYS": f'{{"{told}'})
    assert told not in str(refusal.value)


def test_the_demo_s_own_secrets_are_refused(safe: dict[str, Any], tmp_path: Path) -> None:
    made = demo_keys.ensure(tmp_path)
    for name, path in (
        ("SECRET_KEY", made.secret_key),
        ("SEALING_KEYS", made.sealing_keys),
        ("INDEX_KEYS", made.index_keys),
        ("SMS_CALLBACK_SECRET", made.sms_callback_secret),
    ):
        with pytest.raises(ImproperlyConfigured, match="of a demo"):
            refuse_unsafe({**safe, name: path.read_text(encoding="utf-8")})


def start(folder: Path, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Start the product with the production settings and secrets in `folder`."""
    script = (
        "import sys; sys.path.insert(0, 'deploy'); import check, pathlib, json;"
        "print(json.dumps(check.environment(pathlib.Path(sys.argv[1]))))"
    )
    made = subprocess.run(
        [sys.executable, "-c", script, folder], cwd=ROOT, check=True, capture_output=True, text=True
    )
    environment = {**json.loads(made.stdout), "PATH": os.environ["PATH"], **changes}
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={name: value for name, value in environment.items() if value is not None},
        check=False,
        capture_output=True,
        text=True,
    )


def test_production_starts_with_fresh_secrets(tmp_path: Path) -> None:
    done = start(tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SECRET_KEY_FILE": None}, "SECRET_KEY (or SECRET_KEY_FILE) must be set"),
        ({"SEALING_KEYS_FILE": "/nowhere"}, "SEALING_KEYS_FILE cannot be read"),
        ({"DATABASE_URL_FILE": None, "DATABASE_URL": "mysql://x"}, "must be a postgresql:// URL"),
        ({"DEBUG": "1"}, "DEBUG must be off in production"),
    ],
)
def test_production_refuses_to_start(
    tmp_path: Path, changes: dict[str, str | None], sentence: str
) -> None:
    done = start(tmp_path, **changes)
    assert done.returncode != 0
    assert sentence in done.stdout + done.stderr
