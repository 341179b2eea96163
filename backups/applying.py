"""Repeating, after a restoration, every erasure that the backup does not know of."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit.recording import Actor, record
from backups import erasure_files, search_tokens
from encryption import erasures
from encryption.models import KeyRestoration, PersonKey
from notifications.forgetting import forget_people
from registry.finding.tokens import keeping
from registry.models import Registrant, Restoration
from registry.services.erasing import repeat_erasures

# The rows of somebody erased shortly before the backup may not all have gone by then.
_MARGIN = datetime.timedelta(days=1)
_PAGE = 5000
# People cleared in one transaction.
_TOGETHER = 500


@dataclass(frozen=True)
class Applied:
    """What was done: counts of people, and of search tokens that were made anew."""

    keys_destroyed: int
    people_erased: int
    tokens_made: int
    # People whose key is missing though nobody erased them: the keys are older than the data.
    unreadable: int


def apply_erasures(files: Iterable[Path] = ()) -> Applied:
    """Erase again whoever was erased after the restored backups; then allow serving.

    What is known of erasures is put together from the key store, the data and the given
    journal files, whichever of them is newest. Safe to repeat; raises BackupError for a
    file that is not ours.
    """
    in_files: dict[UUID, datetime.datetime] = {}
    for path in files:
        in_files |= erasure_files.read(path)
    in_data = erasure_files.erased_in_the_data()
    noted = erasures.journal()
    known = {**in_files, **in_data, **noted}
    destroyed = erasures.take_over(known)
    returned = sorted(_returned(known, set(in_data)))
    erased = repeat_erasures(returned, is_announced=False)
    for start in range(0, len(returned), _TOGETHER):
        keeping.forget_people(returned[start : start + _TOGETHER])
        forget_people(returned[start : start + _TOGETHER])
    is_restored = Restoration.objects.filter(applied_at__isnull=True).exists()
    made = search_tokens.make_anew() if is_restored else 0
    applied = Applied(destroyed, erased, made, sum(map(len, _unreadable())))
    _allow_serving(applied)
    return applied


def _returned(known: dict[UUID, datetime.datetime], in_data: set[UUID]) -> set[UUID]:
    """Return whom the data does not know to be erased, or may not have cleared whole."""
    marks = Restoration.objects.filter(applied_at__isnull=True)
    since = min(marks.values_list("made_at", flat=True), default=timezone.now()) - _MARGIN
    return {person_id for person_id, at in known.items() if person_id not in in_data or at > since}


def _unreadable() -> Iterator[set[UUID]]:
    last: UUID | None = None
    while True:
        people = Registrant.objects.order_by("pk")
        page = list(
            (people if last is None else people.filter(pk__gt=last)).values_list("pk", flat=True)[
                :_PAGE
            ]
        )
        if not page:
            return
        keys = PersonKey.objects.filter(person_id__in=page)
        yield set(page) - set(keys.values_list("person_id", flat=True))
        last = page[-1]


def _allow_serving(applied: Applied) -> None:
    now = timezone.now()
    with transaction.atomic():
        Restoration.objects.filter(applied_at__isnull=True).update(applied_at=now)
        record(
            Actor.machine(),
            "registry.erasures-applied",
            detail={
                "keys_destroyed": applied.keys_destroyed,
                "people_erased": applied.people_erased,
                "unreadable": applied.unreadable,
            },
        )
    KeyRestoration.objects.filter(applied_at__isnull=True).update(applied_at=now)
