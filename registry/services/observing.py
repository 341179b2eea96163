"""Keeping what an answer about a stay teaches, and changing the stay as the answer says."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from audit.recording import Actor, record
from registry.models import Registrant, Stay, StayObservation
from registry.services.keeping import confirm_stay


@transaction.atomic
def observe_stay(*, actor: Actor, stay: Stay, is_there: bool, is_ended: bool) -> None:
    """Note a person's own word on one stay they were asked about.

    is_there: they are still there, which confirms the stay. is_ended: they have left for
    good, and are not warned about the place any more. Raises DoesNotExist once they are erased.
    """
    Registrant.objects.select_for_update().only("pk").get(pk=stay.registrant_id)
    now = timezone.now()
    StayObservation.objects.create(
        kind=stay.kind,
        is_dated=stay.until_on is not None,
        country_id=stay.country_id,
        age_days=max((now - stay.last_confirmed_at).days, 0),
        is_there=is_there,
        on=timezone.localdate(now),
    )
    if is_there:
        confirm_stay(actor=actor, stay=stay)
        return
    if is_ended:
        Stay.objects.filter(pk=stay.pk, ended_at__isnull=True).update(ended_at=now)
    record(
        actor,
        "registry.stay-ended" if is_ended else "registry.stay-doubted",
        subject_id=stay.registrant_id,
        object_kind="stay",
        object_id=stay.pk,
    )
