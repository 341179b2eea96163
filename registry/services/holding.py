"""A change of contacts waits three days, in which whoever holds the old ones can undo it.

Somebody who has a person's phone in their hand for a minute must not be able to take over the
registration, nor to make its owner unreachable: the contacts that were there are told, keep
being written to and keep letting their holder in, and a new one lets nobody in meanwhile.
"""

from __future__ import annotations

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from audit.recording import Actor, record
from registry import signals
from registry.models import HOLD, ContactPoint, Registrant


class LastContact(Exception):
    """The only confirmed contact of a person cannot be removed: they could not come back."""


class ProofTooFresh(Exception):
    """Silencing a contact at once takes the proof of one that was confirmed three days ago."""


def hold_new(point: ContactPoint) -> None:
    """Let a contact that was just added open nothing for three days, and tell the others."""
    point.held_until = timezone.now() + HOLD
    point.is_change_untold = True
    point.save(update_fields=["held_until", "is_change_untold"])
    _announce(point)


def may_remove_at_once(point: ContactPoint, proved_by: ContactPoint | None) -> bool:
    """Tell whether a contact may be silenced now by somebody who proved another, or this one.

    One that was never confirmed, or lets nobody in yet, is nobody's way back.
    """
    if point.confirmed_at is None or point.is_held:
        return True
    return proved_by is not None and proved_by.has_stood


@transaction.atomic
def leave_contact(*, actor: Actor, person: Registrant, point: ContactPoint) -> None:
    """Stop using a contact in three days, and tell it so. Raises LastContact."""
    _lock(person)
    leaves_at = timezone.now() + HOLD
    staying = _others(person, point).filter(leaves_at__isnull=True)
    if not staying.filter(Q(held_until__isnull=True) | Q(held_until__lte=leaves_at)).exists():
        raise LastContact
    point.leaves_at = leaves_at
    point.is_change_untold = True
    point.save(update_fields=["leaves_at", "is_change_untold"])
    _note(actor, "registry.contact-leaving", point)
    _announce(point)


@transaction.atomic
def remove_contact(
    *,
    actor: Actor,
    person: Registrant,
    point: ContactPoint,
    proved_by: ContactPoint | None,
) -> None:
    """Stop using a contact at once.

    proved_by: the contact whose code the person typed to be here. Raises LastContact for the
    last confirmed one that lets somebody in, and ProofTooFresh.
    """
    _lock(person)
    if not may_remove_at_once(point, proved_by):
        raise ProofTooFresh
    opening = Q(held_until__isnull=True) | Q(held_until__lte=timezone.now())
    if not _others(person, point).filter(opening).exists():
        raise LastContact
    _remove(actor, point)


@transaction.atomic
def undo_changes(*, actor: Actor, person: Registrant) -> int:
    """Take back every change of contacts that can still be undone; return how many there were."""
    _lock(person)
    mine = ContactPoint.objects.in_use().filter(registrant=person)
    undone = 0
    for point in mine.filter(held_until__gt=timezone.now()):
        _remove(actor, point)
        undone += 1
    for point in mine.filter(leaves_at__isnull=False):
        point.leaves_at = None
        point.is_change_untold = False
        point.save(update_fields=["leaves_at", "is_change_untold"])
        _note(actor, "registry.contact-stays", point)
        undone += 1
    return undone


def remove_due(limit: int) -> int:
    """Remove the contacts whose three days are over; return how many went. Safe to repeat."""
    due = ContactPoint.objects.in_use().filter(leaves_at__lte=timezone.now())
    removed = 0
    for point_id, person_id in list(due.values_list("pk", "registrant_id")[:limit]):
        with transaction.atomic():
            person = Registrant.objects.select_for_update().filter(pk=person_id).first()
            point = due.filter(pk=point_id).first() if person is not None else None
            if person is None or point is None:
                continue
            if _others(person, point).exists():
                _remove(Actor.machine(), point)
                removed += 1
            else:
                # The other one went meanwhile: nobody is left without a way in.
                point.leaves_at = None
                point.save(update_fields=["leaves_at"])
    return removed


def _others(person: Registrant, point: ContactPoint) -> models.QuerySet[ContactPoint]:
    mine = ContactPoint.objects.in_use().filter(registrant=person, confirmed_at__isnull=False)
    return mine.exclude(pk=point.pk)


def _remove(actor: Actor, point: ContactPoint) -> None:
    # The address goes at once; the row stays for the deliveries that name it.
    point.removed_at = timezone.now()
    point.is_change_untold = False
    point.value = ""
    point.save(update_fields=["removed_at", "is_change_untold", "value"])
    _note(actor, "registry.contact-removed", point)


def _lock(person: Registrant) -> None:
    Registrant.objects.select_for_update().only("pk").get(pk=person.pk)


def _note(actor: Actor, act: str, point: ContactPoint) -> None:
    record(
        actor,
        act,
        subject_id=point.registrant_id,
        object_kind="contact-point",
        object_id=point.pk,
    )


def _announce(point: ContactPoint) -> None:
    point_id = point.pk
    transaction.on_commit(
        lambda: signals.contact_changed.send_robust(ContactPoint, point_id=point_id)
    )
