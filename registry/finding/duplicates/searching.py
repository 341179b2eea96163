"""Going through everybody who registered or changed, in the order of commit, once each."""

from __future__ import annotations

import datetime
import logging
import time
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from registry.finding.choosing import name_engine
from registry.finding.duplicates.proposing import BATCH, propose_batch
from registry.finding.engine import FinderUnavailable, FindingEngine
from registry.finding.finders import Finders
from registry.finding.following import Horizon, horizon
from registry.models import ContactPoint, DuplicateSearch, Registrant

logger = logging.getLogger(__name__)

_LONGEST_SECONDS = 60.0
# A contact's id is made when its transaction begins; so long after, it has ended.
_SETTLED = datetime.timedelta(minutes=2)
# Contacts given with the registration itself are compared with it.
_WITH_REGISTRATION = datetime.timedelta(seconds=1)


def search_for_duplicates() -> int:
    """Compare whoever registered or changed since the last time; return how many pairs are new.

    Safe to run twice and at once: the second finds the first at work and leaves. People are
    compared once the finder knows all that was committed before them. Goes on next time where
    a minute was not enough.
    """
    DuplicateSearch.objects.get_or_create(pk=1, defaults={"contacts_until": timezone.now()})
    begin = time.monotonic()
    new = 0
    try:
        while time.monotonic() - begin < _LONGEST_SECONDS:
            found = _next_batch()
            if found is None:
                break
            new += found
    except FinderUnavailable:
        # Names cannot be compared: everybody waits, nobody is passed over.
        logger.warning("duplicates not searched", extra={"reason_code": "finder-away"})
    return new


@transaction.atomic
def _next_batch() -> int | None:
    """Compare one batch and remember how far it went; None when there is nobody to compare."""
    search = DuplicateSearch.objects.select_for_update(skip_locked=True).filter(pk=1).first()
    if search is None:
        return None
    engine, now = _engine(), horizon()
    if search.changed_in >= now.next:
        # Numbers of another server's past: this is a restored dump.
        search.changed_in, search.person_id = 0, UUID(int=0)
    changed = _changed_after(search, _settled_until(engine, now))
    with_new_contacts = _with_new_contacts(search)
    if not changed and not with_new_contacts:
        return None
    ids = dict.fromkeys([*(person_id for _, person_id in changed), *with_new_contacts])
    new = propose_batch(list(ids), engine)
    if changed:
        search.changed_in, search.person_id = changed[-1]
    search.save()
    return new


def _engine() -> FindingEngine | None:
    """Return what finds names; None where names are not looked for at all."""
    is_looked_for = settings.NAME_SEARCH == "tokens" or settings.FINDER_SOCKET
    return name_engine() if is_looked_for else None


def _settled_until(engine: FindingEngine | None, now: Horizon) -> int:
    if isinstance(engine, Finders):
        return min(now.oldest_open, engine.followed_until())
    return now.oldest_open


def _changed_after(search: DuplicateSearch, until: int) -> list[tuple[int, UUID]]:
    later = Q(changed_in__gt=search.changed_in) | Q(
        changed_in=search.changed_in, pk__gt=search.person_id
    )
    people = Registrant.objects.unrestricted().filter(
        later, changed_in__gte=search.changed_in, changed_in__lt=until
    )
    return list(people.order_by("changed_in", "pk").values_list("changed_in", "pk")[:BATCH])


def _with_new_contacts(search: DuplicateSearch) -> Sequence[UUID]:
    """Return who added a contact since; move `contacts_until` on."""
    since, until = search.contacts_until, timezone.now() - _SETTLED
    if until <= since:
        return ()
    contacts = (
        ContactPoint.objects.in_use()
        .filter(
            pk__gte=_first_id_of(since),
            pk__lt=_first_id_of(until),
            created_at__gt=F("registrant__registered_at") + _WITH_REGISTRATION,
        )
        .order_by("pk")
    )
    found = list(contacts.values_list("pk", "registrant_id")[:BATCH])
    search.contacts_until = _made_at(found[-1][0]) if len(found) == BATCH else until
    if not found:
        search.save(update_fields=["contacts_until"])
    return list(dict.fromkeys(person_id for _, person_id in found))


def _first_id_of(at: datetime.datetime) -> UUID:
    """Return the smallest id that can be made at an instant: ids begin with their time."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def _made_at(row_id: UUID) -> datetime.datetime:
    return datetime.datetime.fromtimestamp((row_id.int >> 80) / 1000, datetime.UTC)
