"""Locking a record: nobody reads it, writes to its person or counts them, until it is unlocked."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit.recording import Actor, record
from registry.models import Registrant


@transaction.atomic
def restrict_person(*, actor: Actor, person_id: UUID) -> bool:
    """Lock a record; return whether it was unlocked before."""
    found = Registrant.objects.filter(pk=person_id, restricted_at__isnull=True)
    if not found.update(restricted_at=timezone.now()):
        return False
    record(actor, "registry.person-restricted", subject_id=person_id)
    return True


@transaction.atomic
def unrestrict_person(*, actor: Actor, person_id: UUID) -> bool:
    """Unlock a record; return whether it was locked before."""
    found = Registrant.objects.filter(pk=person_id, restricted_at__isnull=False)
    if not found.update(restricted_at=None):
        return False
    record(actor, "registry.person-unrestricted", subject_id=person_id)
    return True
