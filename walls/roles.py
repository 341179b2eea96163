"""The roles of the database, as deploy/postgres/roles.sql makes them."""

from __future__ import annotations

from enum import StrEnum


class DatabaseRole(StrEnum):
    """Who speaks to the database. Nobody logs in as the owner."""

    OWNER = "registry_owner"
    MIGRATOR = "registry_migrator"
    APP = "registry_app"
    WORKER = "registry_worker"
    AUDITOR = "registry_auditor"
    BACKUP = "registry_backup"


# Those that may log in; each has a password and an address of its own.
LOGINS = tuple(role for role in DatabaseRole if role is not DatabaseRole.OWNER)
