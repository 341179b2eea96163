"""Erasing a person: first the key, then the rows, then what only machines hold."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from audit.recording import Actor, Subject, record_for_each
from encryption import erasures
from registry import portal_sessions, signals
from registry.models import (
    ContactPoint,
    ContactProof,
    EmergencyContact,
    ErasedPerson,
    Registrant,
    RegistrationDraft,
)
from walls.scopes import across_register

# What was under way when somebody was erased (a message being sent, a form being stored)
# has ended after this; then their rows are cleared once more.
_SETTLED = datetime.timedelta(minutes=2)
_BATCH = 200


def erase_person(*, actor: Actor, person: Registrant) -> None:
    """Destroy the person's keys and remove their rows.

    The key goes first: from then on nothing of theirs can be read, here or in
    any backup of the data, even if the rest fails and is repeated. Consent events
    and audit stay; they name an id that leads nowhere.
    """
    person_id = person.pk
    erasures.erase_keys([person_id])
    _remove(actor, "registry.person-erased", [person_id])


def repeat_erasures(
    person_ids: Sequence[UUID],
    *,
    act: str = "registry.erasure-repeated",
    is_announced: bool = True,
) -> int:
    """Remove the rows of people whose keys were destroyed before, in batches.

    For people who came back with a restored backup, and for erasures that were cut short.
    Returns how many of them still had a registration. Not announced: the caller clears
    what others hold of them, because no worker runs that could be told.
    """
    found = 0
    for start in range(0, len(person_ids), _BATCH):
        batch = person_ids[start : start + _BATCH]
        found += _remove(Actor.machine(), act, batch, is_announced=is_announced)
    return found


def finish_erasures(limit: int = 500) -> int:
    """Clear once more what is left of people erased a while ago; return how many there were.

    Whoever listens to `person_erased` clears what is theirs and then calls
    `encryption.erasures.note_finished`.
    """
    waiting = erasures.unfinished(timezone.now() - _SETTLED, limit)
    if waiting:
        repeat_erasures(waiting, act="registry.erasure-finished")
    return len(waiting)


def settled(person_ids: Collection[UUID]) -> set[UUID]:
    """Return those of whom nothing that began before their erasure can still be under way."""
    erased = ErasedPerson.objects.filter(person_id__in=person_ids)
    before = timezone.now() - _SETTLED
    return set(erased.filter(erased_at__lt=before).values_list("person_id", flat=True))


def _remove(
    actor: Actor, act: str, person_ids: Sequence[UUID], *, is_announced: bool = True
) -> int:
    with transaction.atomic():
        known = set(
            ErasedPerson.objects.filter(person_id__in=person_ids).values_list(
                "person_id", flat=True
            )
        )
        here = set(Registrant.objects.filter(pk__in=person_ids).values_list("pk", flat=True))
        ErasedPerson.objects.bulk_create(
            [ErasedPerson(person_id=person_id) for person_id in person_ids],
            ignore_conflicts=True,
        )
        # Somebody who came back must be taken out of the finder's memory again.
        ErasedPerson.objects.filter(person_id__in=here & known).update(erased_at=F("erased_at"))
        _remove_rows(person_ids)
        record_for_each(
            actor,
            act,
            [
                Subject(person_id)
                for person_id in person_ids
                if person_id in here or person_id not in known
            ],
        )
        if is_announced:
            transaction.on_commit(lambda: _announce(person_ids))
    portal_sessions.end_sessions_of(person_ids)
    return len(here)


def _remove_rows(person_ids: Sequence[UUID]) -> None:
    contacts = ContactPoint.objects.filter(registrant_id__in=person_ids)
    tokens = set(contacts.values_list("token", flat=True))
    ContactProof.objects.filter(contact_point__registrant_id__in=person_ids).delete()
    Registrant.objects.filter(pk__in=person_ids).delete()
    RegistrationDraft.objects.filter(pk__in=person_ids).delete()
    # Codes asked for by a number alone. Where others share it they are theirs as well.
    ContactProof.objects.filter(token__in=tokens - _still_used(tokens)).delete()


def _still_used(tokens: Collection[int]) -> set[int]:
    # Whoever shares a number with the erased person may live in any district.
    with across_register():
        return {
            *ContactPoint.objects.filter(token__in=tokens).values_list("token", flat=True),
            *EmergencyContact.objects.filter(token__in=tokens).values_list("token", flat=True),
        }


def _announce(person_ids: Sequence[UUID]) -> None:
    for person_id in person_ids:
        signals.person_erased.send_robust(Registrant, person_id=person_id)
