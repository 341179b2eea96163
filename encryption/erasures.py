"""The journal of erasures, beside the keys: destroyed for good, and known to be.

A person is erased when their keys are gone. The journal outlives restored backups of the
data, and says whose key must not come back with a restored backup of the keys.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from encryption.models import Erasure
from encryption.person_keys import destroy_keys
from encryption.routing import KEY_STORE

_BATCH = 5000


def erase_keys(person_ids: Sequence[UUID]) -> None:
    """Destroy every key of these people and note it, in one transaction of the key store."""
    now = timezone.now()
    take_over(dict.fromkeys(person_ids, now))


def take_over(erased: Mapping[UUID, datetime.datetime]) -> int:
    """Note erasures made at the given times; destroy what keys those people have.

    Returns how many keys were there. People noted before keep the time noted first.
    """
    gone = 0
    for batch in _batches(list(erased)):
        rows = [Erasure(person_id=person_id, erased_at=erased[person_id]) for person_id in batch]
        with transaction.atomic(using=KEY_STORE):
            Erasure.objects.bulk_create(rows, ignore_conflicts=True)
            gone += destroy_keys(batch)
    return gone


def journal() -> dict[UUID, datetime.datetime]:
    """Return everybody ever erased, and when."""
    return dict(Erasure.objects.values_list("person_id", "erased_at"))


def unfinished(before: datetime.datetime, limit: int) -> list[UUID]:
    """Return people erased before a moment whose rows may not all have gone, oldest first."""
    return list(
        Erasure.objects.filter(finished_at__isnull=True, erased_at__lt=before)
        .order_by("erased_at")
        .values_list("person_id", flat=True)[:limit]
    )


def note_finished(person_ids: Iterable[UUID]) -> None:
    """Note that the last rows of these people have gone."""
    Erasure.objects.filter(person_id__in=list(person_ids), finished_at__isnull=True).update(
        finished_at=timezone.now()
    )


def _batches(person_ids: Sequence[UUID]) -> Iterable[Sequence[UUID]]:
    for start in range(0, len(person_ids), _BATCH):
        yield person_ids[start : start + _BATCH]
