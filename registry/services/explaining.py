"""What the data-protection officer finds about an unusual reading."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from accounts.access import has_role
from accounts.models import Role, StaffUser
from audit.recording import record
from registry.models import ReadingOutcome, UnusualReading


class ReadingDecided(Exception):
    """Somebody decided about it meanwhile."""


@transaction.atomic
def decide_reading(
    *, actor: StaffUser, reading_id: UUID, outcome: ReadingOutcome
) -> UnusualReading:
    """Note that a reading was explained, or passed on. Raises Http404, ReadingDecided."""
    reading = UnusualReading.objects.select_for_update().filter(pk=reading_id).first()
    if reading is None or reading.staff_id == actor.pk or not has_role(actor, Role.DATA_PROTECTION):
        raise Http404
    if reading.outcome:
        raise ReadingDecided
    reading.outcome, reading.decided_by = outcome, actor
    reading.decided_at = timezone.now()
    reading.save()
    record(
        actor.actor,
        "registry.reading-decided",
        object_kind="unusual-reading",
        object_id=reading.pk,
        reason=reading.oddity,
        post_id=reading.post_id,
        detail={"outcome": outcome.value, "staff": str(reading.staff_id)},
    )
    return reading
