"""Lists end: when their time is over, and when somebody in them is erased."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from disclosure.models import ListState, PeopleList


def drop(found: PeopleList, state: ListState) -> None:
    """Remove the content of a list and the ids of its people."""
    found.state, found.content, found.people = state, b"", []
    found.save(update_fields=["state", "content", "people"])


@transaction.atomic
def on_person_erased(sender: object, *, person_id: UUID, **kwargs: Any) -> None:
    """Drop every list with somebody in it; count them where it has left already."""
    for found in PeopleList.objects.select_for_update().filter(people__contains=[person_id]):
        if found.downloads:
            found.erased_since += 1
            found.save(update_fields=["erased_since"])
        drop(found, ListState.DROPPED)


def expire_lists() -> int:
    """Empty the lists whose time is over; return how many. Safe to repeat."""
    ended = 0
    over = PeopleList.objects.filter(
        state__in=[ListState.READY, ListState.APPROVED], expires_at__lte=timezone.now()
    )
    for list_id in list(over.values_list("pk", flat=True)[:100]):
        with transaction.atomic():
            found = over.select_for_update(skip_locked=True).filter(pk=list_id).first()
            if found is not None:
                drop(found, ListState.EXPIRED)
                ended += 1
    return ended
