"""Trips: each leg is a stay of its own, with its own place and days.

So an alert for a place reaches whoever has a leg there that day, and nobody has to end a leg:
it is over with its last day. A home abroad stays what it is while its owner travels.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit.recording import Actor, record
from registry.models import Registrant, Stay, StayKind
from registry.registration import StayEntry
from registry.services.registering import open_stay

MOST_LEGS = 30


class TooManyLegs(Exception):
    """More legs than anybody travels: somebody is filling the register."""


@transaction.atomic
def add_leg(*, actor: Actor, person: Registrant, entry: StayEntry) -> Stay:
    """Note one leg of a trip, or find the one that says the same. Raises TooManyLegs.

    Raises DoesNotExist once the person is erased.
    """
    # A button pressed twice must not note two legs.
    Registrant.objects.select_for_update().only("pk").get(pk=person.pk)
    legs = Stay.objects.filter(
        registrant=person, kind=StayKind.TRAVEL, ended_at__isnull=True
    ).coming()
    same = legs.filter(
        country=entry.country_code,
        area=entry.area_code,
        from_on=entry.from_on,
        until_on=entry.until_on,
    ).first()
    if same is not None:
        return same
    if legs.count() >= MOST_LEGS:
        raise TooManyLegs
    leg = open_stay(person, entry)
    record(
        actor,
        "registry.leg-added",
        subject_id=person.pk,
        post_id=leg.post_id,
        object_kind="stay",
        object_id=leg.pk,
    )
    return leg


@transaction.atomic
def drop_leg(*, actor: Actor, person: Registrant, leg_id: UUID) -> bool:
    """The person does not travel there after all; whether there was such a leg."""
    Registrant.objects.select_for_update().only("pk").get(pk=person.pk)
    dropped = Stay.objects.filter(
        pk=leg_id, registrant=person, kind=StayKind.TRAVEL, ended_at__isnull=True
    ).update(ended_at=timezone.now())
    if dropped:
        record(
            actor,
            "registry.leg-dropped",
            subject_id=person.pk,
            object_kind="stay",
            object_id=leg_id,
        )
    return bool(dropped)
