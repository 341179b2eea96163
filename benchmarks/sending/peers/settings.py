"""Django for the peers: their own database, addresses in clear, nothing of ours in the way."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from config.settings import environment as env

SECRET_KEY = env.text("SECRET_KEY")
INSTALLED_APPS = ["django.contrib.contenttypes", "post_office", "benchmarks.sending.peers"]
DATABASES = {"default": env.database("PEERS_DATABASE_URL")}
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
LOGGING_CONFIG = None

_mail = urlsplit(os.environ["MAIL_URL"])
EMAIL_HOST, EMAIL_PORT = _mail.hostname, _mail.port
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
DEFAULT_FROM_EMAIL = "Abroad <messages@abroad.example>"
POST_OFFICE = {
    "BACKENDS": {"default": EMAIL_BACKEND},
    # Its defaults but for the batch, which is larger: fewer rounds, in its favour.
    "BATCH_SIZE": 1000,
    "THREADS_PER_PROCESS": 5,
    "LOCKFILE": os.environ.get("PEERS_LOCKFILE", "post_office"),
}

CELERY_BROKER_URL = env.text("REDIS_URL")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "naive"
CELERY_TASK_ROUTES = {"benchmarks.sending.peers.tasks.send_tuned": {"queue": "tuned"}}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
if "PEERS_DB_REUSE" in os.environ:
    CELERY_DB_REUSE_MAX = int(os.environ["PEERS_DB_REUSE"])
