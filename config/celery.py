"""The Celery application; its settings are Django's, with the prefix CELERY_."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_init
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

app = Celery("registry")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_own_logging(**_: Any) -> None:
    """Having a receiver keeps Celery from adding handlers that print arguments and values."""


@worker_init.connect
def refuse_wrong_keys(**_: Any) -> None:
    """Refuse to work in a wrong role, with wrong keys, and with erased people back."""
    from django.db import connections

    from encryption.starting import verify_keys
    from registry.serving import refuse_resurrected
    from walls.guarding import refuse_mighty_roles

    try:
        refuse_mighty_roles()
        verify_keys()
        refuse_resurrected()
    except ImproperlyConfigured as fault:
        # Celery swallows what a receiver raises, but not an exit.
        raise SystemExit(str(fault)) from None
    # Nothing may be connected when the children fork.
    connections.close_all()
