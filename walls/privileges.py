"""Which role may do what to which table, derived from the models.

A model whose rows are only ever added says so with `is_append_only = True`: nobody but the
owner may then change or remove a row, and the owner is stopped by triggers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import models, router

from walls.roles import DatabaseRole

_APP, _WORKER = DatabaseRole.APP, DatabaseRole.WORKER
_AUDITOR, _BACKUP = DatabaseRole.AUDITOR, DatabaseRole.BACKUP

_READ = ("SELECT",)
_ADD = ("SELECT", "INSERT")
_ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")
# Read by the auditor besides everything that is only added to.
_AUDITED = ("consent_live", "consent_purpose", "django_migrations")
# A dispatch's rows come by the hundred thousand; the worker that writes them has them counted
# for the planner. The privilege exists from PostgreSQL 17 on; older servers count later.
_COUNTED = ("notifications_chunk", "notifications_delivery")
MAINTAIN_SINCE = 170_000


@dataclass(frozen=True)
class Grant:
    """What one role may do to one table."""

    role: DatabaseRole
    table: str
    verbs: tuple[str, ...]


# Functions that answer a web process about rows it may not see; each says one thing.
LOOKUPS = ("consent_subjects_of_receipt", "registry_stays_in_posts")
_LOOKED_UP = ("consent_consentevent", "registry_stay")


def append_only_tables(alias: str) -> set[str]:
    """Return the tables of a database whose rows are only ever added."""
    return {
        model._meta.db_table for model in _models(alias) if getattr(model, "is_append_only", False)
    }


def grants(alias: str, tables: set[str], views: set[str], server_version: int) -> list[Grant]:
    """Return what is granted in one database.

    tables, views: every one the database has. A table without a model is derived (tokens),
    but for Django's own list of migrations, which nobody changes.
    """
    known = {model._meta.db_table for model in _models(alias)}
    only_added = append_only_tables(alias)
    bare = tables - known - {"django_migrations"}
    found = list(_read_by_few(only_added, tables | views))
    for name in sorted(tables | views):
        found.append(Grant(_BACKUP, name, _READ))
        if name in views or name == "django_migrations":
            verbs: tuple[str, ...] = _READ
        else:
            verbs = _ADD if name in only_added else _ALL
        # What is derived the workers derive; web processes read it.
        found.append(Grant(_APP, name, _READ if name in bare else verbs))
        more = ("TRUNCATE",) if name in bare else ()
        if server_version >= MAINTAIN_SINCE and (name in bare or name in _COUNTED):
            more = (*more, "MAINTAIN")
        found.append(Grant(_WORKER, name, (*verbs, *more)))
    return found


def _read_by_few(only_added: set[str], there: set[str]) -> Iterator[Grant]:
    for name in _LOOKED_UP:
        if name in there:
            yield Grant(DatabaseRole.LOOKUP, name, _READ)
    for name in sorted({*only_added, *_AUDITED} & there):
        yield Grant(_AUDITOR, name, _READ)


def _models(alias: str) -> Iterator[type[models.Model]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and router.allow_migrate_model(alias, model):
            yield model
