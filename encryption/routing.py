"""The key store is a database of its own."""

from __future__ import annotations

from typing import Any

from django.db import models

KEY_STORE = "keys"


class KeyStoreRouter:
    """Send the encryption app's tables to the key store and nothing else there."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str | None:
        return KEY_STORE if model._meta.app_label == "encryption" else None

    def db_for_write(self, model: type[models.Model], **hints: Any) -> str | None:
        return KEY_STORE if model._meta.app_label == "encryption" else None

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return (db == KEY_STORE) == (app_label == "encryption")
