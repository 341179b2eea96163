"""Telling somebody's contacts that one was added or is leaving, so that they can undo it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from notifications.models import MessageKind
from notifications.single_messages import dispatch_to_one
from notifications.sparing import may_leave
from registry.models import ContactPoint


@transaction.atomic
def tell_of_change(point_id: UUID) -> int:
    """Write to each contact that lets its holder in; return to how many. Safe to run twice.

    A contact that is leaving is told as well: its holder may know nothing of it.
    """
    point = (
        ContactPoint.objects.in_use()
        .select_for_update(of=("self",))
        .select_related("registrant")
        .filter(pk=point_id, is_change_untold=True)
        .first()
    )
    if point is None:
        return 0
    ContactPoint.objects.filter(pk=point.pk).update(is_change_untold=False)
    told = 0
    confirmed = ContactPoint.objects.opening().filter(
        registrant=point.registrant, confirmed_at__isnull=False
    )
    for contact in confirmed:
        if may_leave(contact):
            dispatch_to_one(
                kind=MessageKind.CHANGED, point=contact, language=point.registrant.language
            )
            told += 1
    return told
