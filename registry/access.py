"""The only door to people's rows: who may see whom, and the record of every look."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import Http404

from accounts.access import post_ids_of
from accounts.models import StaffUser
from audit.recording import record
from registry.models import LookReason, Registrant, Stay
from registry.models.people import RegistrantQuerySet


def registrants_visible_to(user: StaffUser) -> RegistrantQuerySet:
    """Return people whose current stay lies in a district this user has a mandate for."""
    here = Stay.objects.current().filter(
        registrant_id=OuterRef("pk"), post_id__in=post_ids_of(user)
    )
    return Registrant.objects.unrestricted().filter(Exists(here))


@transaction.atomic
def open_record(user: StaffUser, person_id: UUID, reason: LookReason) -> Registrant:
    """Return one person and write down that this user looked, and why.

    Raises Http404 for a person outside the user's mandates, exactly as for one
    that does not exist.
    """
    person = registrants_visible_to(user).filter(pk=person_id).first()
    if person is None:
        raise Http404
    record(user.actor, "registry.record-opened", subject_id=person.pk, reason=reason)
    return person
