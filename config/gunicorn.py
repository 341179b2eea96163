"""The web server's settings: `gunicorn --config python:config.gunicorn config.wsgi`.

Its error lines go through the same filter as everything else, because gunicorn writes
the whole address of a request that fails. There is no access log: addresses hold one-time
links, and who reads which page from where is nobody's business.
"""

from __future__ import annotations

import os
from typing import Any

bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_WORKERS", "2"))
worker_class = "gthread"
# One import serves all workers; nothing is connected before they fork.
preload_app = True
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 30
graceful_timeout = 10
# A slow leak anywhere ends with the worker; the spread keeps them from ending together.
max_requests = 20_000
max_requests_jitter = 2_000
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
accesslog = None
limit_request_line = 2048
# It would lie in the home folder, shared by every register this user runs.
control_socket_disable = True
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"silent": {"()": "config.logs.SilentFilter"}},
    "formatters": {"line": {"()": "config.logs.LineFormatter"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["silent"]}
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "gunicorn.access": {"handlers": [], "propagate": False},
    },
}


def on_starting(server: Any) -> None:
    """Refuse to serve in a wrong role, with wrong keys, and with erased people back."""
    from django.db import connections

    from encryption.starting import verify_keys
    from registry.serving import refuse_resurrected
    from walls.guarding import refuse_mighty_roles

    refuse_mighty_roles()
    verify_keys()
    refuse_resurrected()
    # Nothing may be connected when the workers fork.
    connections.close_all()
