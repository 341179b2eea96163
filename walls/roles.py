"""The roles of the database, as deploy/postgres/roles.sql makes them."""

from __future__ import annotations

from enum import StrEnum


class DatabaseRole(StrEnum):
    """Who speaks to the database. Nobody logs in as the owner, or as lookup."""

    OWNER = "registry_owner"
    MIGRATOR = "registry_migrator"
    APP = "registry_app"
    WORKER = "registry_worker"
    AUDITOR = "registry_auditor"
    BACKUP = "registry_backup"
    LOOKUP = "registry_lookup"


# Those that may log in; each has a password and an address of its own.
_NO_LOGINS = {DatabaseRole.OWNER, DatabaseRole.LOOKUP}
LOGINS = tuple(role for role in DatabaseRole if role not in _NO_LOGINS)
