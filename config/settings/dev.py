"""Settings of a demo or a developer's machine.

`make demo` leaves the addresses and the places of its secrets in .run/environment, so
that a command typed in another window meets the same databases.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_left_by_demo = Path(__file__).resolve().parent.parent.parent / ".run" / "environment"
if "SECRET_KEY" not in os.environ and "SECRET_KEY_FILE" not in os.environ:
    try:
        for _line in _left_by_demo.read_text(encoding="utf-8").splitlines():
            _name, _, _value = _line.partition("=")
            os.environ.setdefault(_name, _value)
    except OSError:
        pass

from config.logs import log_uncaught  # noqa: E402
from config.settings import environment as env  # noqa: E402
from config.settings.base import *  # noqa: E402

DEBUG = env.flag("DEBUG")
INSTALLED_APPS = [*INSTALLED_APPS, "demo"]

if not DEBUG:
    sys.excepthook = log_uncaught
