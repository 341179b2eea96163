"""Settings of a live register. They refuse to start rather than start unsafely."""

from __future__ import annotations

import sys

from config.logs import log_uncaught
from config.settings import environment as env
from config.settings.base import *
from config.settings.safeguards import refuse_unsafe

IS_PRODUCTION = True
DEBUG = env.flag("DEBUG")

# --- the proxy in front speaks TLS; everything else is refused or redirected ----

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
# The container's own health check speaks to the process directly.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True

sys.excepthook = log_uncaught

refuse_unsafe(globals())
