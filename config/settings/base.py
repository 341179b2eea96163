"""Settings shared by every way of running the product."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from celery.schedules import crontab, schedule
from csp.constants import NONCE, NONE, SELF
from kombu import Queue

from config.settings import environment as env

BASE_DIR = Path(__file__).resolve().parent.parent.parent

# --- what is installed --------------------------------------------------------

INSTALLED_APPS = [
    "walls",
    "encryption",
    "audit",
    "geography",
    "accounts",
    "consent",
    "crises",
    "registry",
    "notifications",
    "rights",
    "disclosure",
    "response",
    "pages",
    "backups",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "csp",
    "django_htmx",
    "django.forms",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "config.realms.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.realms.RealmSessionMiddleware",
    "config.realms.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.bodies.WholeFormMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "registry.middleware.ScopeMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.site",
            ],
        },
    },
]
FORM_RENDERER = "config.rendering.FormRenderer"

# --- where data lives ---------------------------------------------------------

# Person keys live behind their own alias, so that their backups can be short-lived
# and destroying a key reaches every copy of the data (docs/adr/0003).
DATABASES: dict[str, dict[str, Any]] = {
    # Its connections tell the server whose rows a request is about (docs/adr/0019).
    "default": env.database("DATABASE_URL") | {"ENGINE": "walls.postgres"},
    "keys": env.database("KEYS_DATABASE_URL"),
}
DATABASE_ROUTERS = ["encryption.routing.KeyStoreRouter"]
REDIS_URL = env.text("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "registry",
    }
}

# --- secrets ------------------------------------------------------------------

SECRET_KEY = env.text("SECRET_KEY")
# Key sets {"active": 2, "keys": {"1": "<base64 of 32 bytes>", "2": "..."}}, or the places of
# such sets (encryption/providers).
SEALING_KEYS = env.keys("SEALING_KEYS")
INDEX_KEYS = env.keys("INDEX_KEYS")
# The public half of the key that backups are sealed for (manage.py make_recovery_key).
RECOVERY_KEY = env.text("RECOVERY_KEY", "")
# The folder of pg_dump and pg_restore; empty: they are looked for in PATH.
POSTGRES_PROGRAMS = env.text("POSTGRES_PROGRAMS", "")
IS_PRODUCTION = False
# Which build showed a page: kept with every consent.
APP_BUILD = env.text("APP_BUILD", "development")

# --- who we are ---------------------------------------------------------------

# The name on the pages. Neutral on purpose: it is read over somebody's shoulder.
SITE_NAME = env.text("SITE_NAME", "Abroad")
SITE_ORIGIN = env.text("SITE_ORIGIN", "http://127.0.0.1:8000").rstrip("/")
# ISO 3166-1 code of the State that runs this register (XA–XZ are free for invented ones).
HOME_STATE_CODE = env.text("HOME_STATE_CODE", "XM")
HOME_STATE_NAME = env.text("HOME_STATE_NAME", "Meridia")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

# --- language and time --------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français"), ("es", "Español"), ("ar", "العربية")]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- static files -------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- staff sign-in ------------------------------------------------------------

AUTH_USER_MODEL = "accounts.StaffUser"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "accounts:staff-home"
ACCOUNT_ADAPTER = "accounts.adapters.StaffAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "reauthenticate": "accounts.forms.ConfirmPasswordForm",
    "change_password": "accounts.forms.NewPasswordForm",
}
# How many proxies of ours stand in front; their X-Forwarded-For is believed, no other's.
ALLAUTH_TRUSTED_PROXY_COUNT = env.whole("TRUSTED_PROXIES", 0)
# Guessing is stopped per account and address (key). A whole consulate may share an address,
# so what is counted per address alone is only there against a flood.
ACCOUNT_RATE_LIMITS = {
    "login": "600/m/ip",
    "login_failed": "300/m/ip,5/5m/key",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
}
MFA_ADAPTER = "accounts.adapters.SealingMFAAdapter"
MFA_FORMS = {
    "authenticate": "accounts.forms.EnterCodeForm",
    "reauthenticate": "accounts.forms.ConfirmCodeForm",
    "activate_totp": "accounts.forms.SetUpCodeForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = SITE_NAME
MFA_TOTP_TOLERANCE = 1
# The consoles send staff without a second factor to set one up (accounts.middleware).

# --- sessions: two realms, see config/realms.py --------------------------------

SESSION_ENGINE = "django.contrib.sessions.backends.db"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
STAFF_SESSION_IDLE_SECONDS = 15 * 60
STAFF_SESSION_ABSOLUTE_SECONDS = 8 * 60 * 60
PORTAL_SESSION_IDLE_SECONDS = 30 * 60
# When the row of a session may go; the limits above are checked at every request.
SESSION_COOKIE_AGE = STAFF_SESSION_ABSOLUTE_SECONDS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"

# --- looks at people --------------------------------------------------------------

# For how long a record stays open after its reason was given.
RECORD_OPEN_SECONDS = env.whole("RECORD_OPEN_SECONDS", 10 * 60)
# How many different people one member of staff may open; a crisis may need more.
RECORDS_PER_HOUR = env.whole("RECORDS_PER_HOUR", 10)
RECORDS_PER_DAY = env.whole("RECORDS_PER_DAY", 40)

# From how many different people in a day on a reading is to be explained.
USUAL_RECORDS_PER_DAY = env.whole("USUAL_RECORDS_PER_DAY", 25)
# When officers work, where their post stands: days of ISO 8601 (1 is Monday), begin and end.
OFFICE_DAYS = frozenset(int(day) for day in env.words("OFFICE_DAYS", "1,2,3,4,5"))
OFFICE_HOURS = tuple(
    datetime.time.fromisoformat(hour) for hour in env.text("OFFICE_HOURS", "07:00-20:00").split("-")
)
# How many days the law gives to answer what people ask for about their data.
RIGHTS_DAYS = env.whole("RIGHTS_DAYS", 30)

# --- headers ------------------------------------------------------------------

X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- API ----------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "rest_framework.parsers.JSONParser",
        "rest_framework.parsers.FormParser",
    ],
}

# --- Celery: a doorbell and a clock, never the place where work is kept ---------

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "max_retries": 0,
}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "routine"
# A routing key of its own for each: else all three would share the default queue's.
CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in ("crisis", "urgent", "routine")]
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = env.text(
    "CELERY_BEAT_SCHEDULE_PATH", str(BASE_DIR / ".run" / "beat-schedule")
)
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep": {
        "task": "notifications.tasks.sweep",
        "schedule": schedule(5.0),
        # On the queue that is never behind: sweeping is what saves a lost wake-up.
        "options": {"queue": "crisis", "expires": 5},
    },
    "apply-receipts": {
        "task": "notifications.tasks.apply_receipts",
        "schedule": schedule(2.0),
        "options": {"queue": "urgent", "expires": 2},
    },
    "escalate": {
        "task": "notifications.tasks.escalate",
        "schedule": schedule(15.0),
        "options": {"queue": "urgent", "expires": 15},
    },
    "seal-record": {
        "task": "audit.tasks.seal",
        "schedule": schedule(300.0),
        "options": {"queue": "routine", "expires": 300},
    },
    "retain": {
        "task": "registry.tasks.retain",
        "schedule": crontab(hour="2,3", minute="*/2"),
        "options": {"queue": "routine", "expires": 110},
    },
    "tell-overridden": {
        "task": "notifications.tasks.tell_overridden",
        "schedule": schedule(60.0),
        "options": {"queue": "routine", "expires": 60},
    },
    "ask-around": {
        "task": "notifications.tasks.ask_around",
        "schedule": crontab(hour="8-16", minute="*/5"),
        "options": {"queue": "routine", "expires": 290},
    },
    "triage": {
        "task": "response.tasks.triage",
        "schedule": schedule(5.0),
        "options": {"queue": "urgent", "expires": 5},
    },
    "make-lists": {
        "task": "disclosure.tasks.make_lists",
        "schedule": schedule(5.0),
        "options": {"queue": "urgent", "expires": 5},
    },
    "carry-out-rights": {
        "task": "rights.tasks.carry_out",
        "schedule": schedule(5.0),
        "options": {"queue": "urgent", "expires": 5},
    },
    "search-duplicates": {
        "task": "registry.tasks.search_duplicates",
        "schedule": schedule(30.0),
        "options": {"queue": "routine", "expires": 30},
    },
    "watch-readings": {
        "task": "registry.tasks.watch_readings",
        "schedule": schedule(300.0),
        "options": {"queue": "routine", "expires": 300},
    },
    "expire": {
        "task": "registry.tasks.expire",
        "schedule": schedule(300.0),
        "options": {"queue": "routine", "expires": 300},
    },
}

# --- sending ------------------------------------------------------------------

# Routes by URL. Exercise routes are separate so that an exercise cannot reach a live one.
MAIL_URL = env.text("MAIL_URL", "smtp://127.0.0.1:2525")
SMS_URL = env.text("SMS_URL", "http://127.0.0.1:8026/send")
EXERCISE_MAIL_URL = env.text("EXERCISE_MAIL_URL", "")
EXERCISE_SMS_URL = env.text("EXERCISE_SMS_URL", "")
MAIL_FROM = env.text("MAIL_FROM", "Abroad <messages@abroad.example>")
MAIL_BOUNCE_DOMAIN = env.text("MAIL_BOUNCE_DOMAIN", "bounces.abroad.example")
SMS_SENDER = env.text("SMS_SENDER", "ABROAD")
# Several SMS providers in place of SMS_URL, as JSON; see notifications/provider_names.py.
SMS_ROUTES = env.text("SMS_ROUTES", "")
# Routine SMS in a day: to all countries, to one, to those named otherwise ("LB=500,ZZ=0").
SMS_ROUTINE_PER_DAY = env.whole("SMS_ROUTINE_PER_DAY", 20_000)
SMS_ROUTINE_PER_COUNTRY = env.whole("SMS_ROUTINE_PER_COUNTRY", 5_000)
SMS_COUNTRY_CAPS = {
    country: int(most)
    for country, _equals, most in (each.partition("=") for each in env.words("SMS_COUNTRY_CAPS"))
}
# For how long routine messages leave out an address that does not exist.
SUPPRESSION_DAYS = env.whole("SUPPRESSION_DAYS", 7)
# For how long a worker may be silent before another takes over its chunk.
SENDING_LEASE_SECONDS = float(env.text("SENDING_LEASE_SECONDS", "15"))
# How long a chunk waits when its way out is closed and names no time itself.
ROUTE_WAIT_SECONDS = float(env.text("ROUTE_WAIT_SECONDS", "10"))
# Minutes after which a message put off by its recipient's provider is tried again.
RETRY_MINUTES = [float(word) for word in env.words("RETRY_MINUTES", "1,5,15,60,180")]
# No address gets more copies of one message than this, whatever crashes.
MAX_COPIES = 3
# An SMS longer than this many parts is not sent: it costs too much and arrives in pieces.
MOST_SMS_PARTS = env.whole("MOST_SMS_PARTS", 4)
# Where the name finders listen, by posts (registry/finding/sharing.py); empty: names are not found.
FINDER_SOCKET = env.text("FINDER_SOCKET", "")
# Who looks for people in a drawn area: "finder" in its memory, or "cells" in tokens of map cells
# (docs/places.md); after a change to "cells" run manage.py fill_cells.
PLACE_SEARCH = env.text("PLACE_SEARCH", "finder")
# Who finds names: "memory", which is the finder, or "tokens" in SQL for hosts without one
# (docs/sealing.md); after a change to "tokens" run manage.py tokens.
NAME_SEARCH = env.text("NAME_SEARCH", "memory")
if NAME_SEARCH == "tokens":
    CELERY_BEAT_SCHEDULE["keep-tokens"] = {
        "task": "registry.tasks.keep_tokens",
        "schedule": schedule(2.0),
        "options": {"queue": "routine", "expires": 2},
    }
# The file from which this finder starts; in no backup.
FINDER_SNAPSHOT = env.text("FINDER_SNAPSHOT", "")
# Users other than one's own that run the finder or ask it, by name or number.
FINDER_USERS = env.words("FINDER_USERS")
# Providers prove themselves on our callback addresses with this.
SMS_CALLBACK_SECRET = env.text("SMS_CALLBACK_SECRET")
# What a monitoring system reads /api/v1/metrics with; nobody can while it is empty.
METRICS_SECRET = env.text("METRICS_SECRET", "")
EMAIL_BACKEND = "notifications.channels.django_backend.OneRecipientBackend"
DEFAULT_FROM_EMAIL = MAIL_FROM

# --- logs: ids, codes, durations; see config/logs.py ---------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"silent": {"()": "config.logs.SilentFilter"}},
    "formatters": {"line": {"()": "config.logs.LineFormatter"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["silent"],
        }
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django.server": {"handlers": [], "propagate": False},
        "celery": {"level": "WARNING"},
    },
}
