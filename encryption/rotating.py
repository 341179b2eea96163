"""Turning the sealing keys: every person's key wrapped anew under the active one, online.

Pages go along the primary key, so that each row is read once; a row that somebody holds is
skipped and met at the next round. A page is one transaction: whoever is killed leaves whole
pages done and whole pages to do, and any number of processes may work at once. Fields are
not touched. An old key must stay loaded until `remaining` says 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import connections, transaction
from django.db.models import Q

from encryption.keyring import SealError, keyring
from encryption.models import PersonKey
from encryption.person_keys import key_context
from encryption.routing import KEY_STORE
from encryption.signals import Refusal, refuse

PAGE = 2000
_FIRST = (UUID(int=0), -1)

_TAKE = """
    SELECT person_id, space, sealing_version, wrapped, former_version, former_wrapped
      FROM encryption_personkey
     WHERE (person_id, space) > (%s, %s)
       AND (sealing_version <> %s OR former_version <> %s)
     ORDER BY person_id, space
     LIMIT %s
       FOR UPDATE SKIP LOCKED"""
_WRITE = """
    UPDATE encryption_personkey AS held
       SET sealing_version = %s, wrapped = given.wrapped,
           former_version = CASE WHEN given.former IS NULL THEN NULL ELSE %s END,
           former_wrapped = given.former
      FROM unnest(%s::uuid[], %s::int2[], %s::bytea[], %s::bytea[])
           AS given(person_id, space, wrapped, former)
     WHERE held.person_id = given.person_id AND held.space = given.space"""

# Apps that seal something for the system itself add how it is sealed anew. Each returns how
# many rows it changed, and may be run again.
system_resealers: list[Callable[[], int]] = []


@dataclass(frozen=True)
class Page:
    """What became of one page: rows wrapped anew, rows nobody can open, where the next begins."""

    done: int
    broken: int
    last: tuple[UUID, int] | None


def rewrap_page(after: tuple[UUID, int] | None = None, size: int = PAGE) -> Page:
    """Wrap one page of keys under the active sealing key; `last` is None at the end."""
    ring = keyring()
    active = ring.sealing_version
    with transaction.atomic(using=KEY_STORE), connections[KEY_STORE].cursor() as cursor:
        cursor.execute(_TAKE, [*(after or _FIRST), active, active, size])
        rows = cursor.fetchall()
        people, spaces, wrapped, former = [], [], [], []
        for person_id, space, version, held, former_version, former_held in rows:
            context = key_context(person_id, space)
            try:
                _, fresh = ring.wrap(ring.unwrap(version, bytes(held), context), context)
                if former_held is not None:
                    opened = ring.unwrap(former_version, bytes(former_held), context)
                    _, former_held = ring.wrap(opened, context)
            except SealError:
                # Left as it is: one altered key must not stop the turning of all the others.
                refuse(Refusal(PersonKey._meta.db_table, "wrapped", str(person_id), person_id))
                continue
            people.append(person_id)
            spaces.append(space)
            wrapped.append(fresh)
            former.append(former_held)
        if people:
            cursor.execute(_WRITE, [active, active, people, spaces, wrapped, former])
    last = (rows[-1][0], rows[-1][1]) if len(rows) == size else None
    return Page(len(people), len(rows) - len(people), last)


def remaining() -> int:
    """Return how many keys are not under the active version."""
    active = keyring().sealing_version
    return PersonKey.objects.filter(
        ~Q(sealing_version=active) | Q(former_version__isnull=False) & ~Q(former_version=active)
    ).count()


def count_by_version() -> dict[int, int]:
    """Return how many keys lie under each sealing version."""
    with connections[KEY_STORE].cursor() as cursor:
        cursor.execute(
            "SELECT version, count(*) FROM encryption_personkey, "
            "unnest(ARRAY[sealing_version, former_version]) AS version "
            "WHERE version IS NOT NULL GROUP BY version"
        )
        return dict(cursor.fetchall())


def reseal_system_values() -> int:
    """Seal what belongs to no person under the active key; return how many values changed."""
    return sum(reseal() for reseal in system_resealers)
