"""No process works with keys other than those the data was sealed with."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from config import gunicorn
from config.celery import refuse_wrong_keys
from encryption.models import KeyFingerprint
from encryption.starting import verify_keys

pytestmark = pytest.mark.django_db(transaction=True)


def test_web_workers_and_finder_start_with_the_right_keys() -> None:
    gunicorn.on_starting(None)
    refuse_wrong_keys()
    assert KeyFingerprint.objects.count() == 2


def test_web_workers_and_finder_refuse_the_wrong_ones(settings, tmp_path) -> None:
    verify_keys()
    KeyFingerprint.objects.filter(key="index:1").update(fingerprint="0" * 16)
    settings.FINDER_SOCKET = str(tmp_path / "socket")
    with pytest.raises(ImproperlyConfigured, match="index:1"):
        gunicorn.on_starting(None)
    with pytest.raises(SystemExit, match="index:1"):
        refuse_wrong_keys()
    with pytest.raises(ImproperlyConfigured, match="index:1"):
        call_command("finder")
