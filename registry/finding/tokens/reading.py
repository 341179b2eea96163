"""Opening people, a page at a time: for their tokens, and to see whom a question means."""

from __future__ import annotations

import datetime
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from encryption.keyring import Erased, SealError
from encryption.sealed_models import share_key_page
from registry.finding.following import Horizon
from registry.finding.tokens.pairs import PersonText
from registry.models import ErasedPerson, Registrant, Stay

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Opened:
    """Somebody who may be found, and by the officers of which posts."""

    person_id: UUID
    text: PersonText
    post_ids: list[int]


def open_people(people: Sequence[Registrant], day: datetime.date) -> list[Opened]:
    """Return what can be opened of these people, with one query of keys for all of them."""
    stays: dict[UUID, list[Stay]] = defaultdict(list)
    ids = [person.pk for person in people]
    for stay in Stay.objects.current(day).filter(registrant_id__in=ids):
        stays[stay.registrant_id].append(stay)
    share_key_page([*people, *(stay for theirs in stays.values() for stay in theirs)])
    opened = []
    for person in people:
        try:
            opened.append(_opened(person, stays[person.pk]))
        except Erased:
            continue
        except SealError:
            logger.error("sealed value refused", extra={"person_id": person.pk})
    return opened


def _opened(person: Registrant, stays: Sequence[Stay]) -> Opened:
    year = (person.birth or {}).get("year")
    text = PersonText(
        person.given_names,
        person.family_names,
        person.alias,
        " ".join(stay.place for stay in stays),
        year if isinstance(year, int) else None,
    )
    return Opened(person.pk, text, sorted({stay.post_id for stay in stays}))


def texts_of(person_ids: Sequence[UUID]) -> dict[UUID, PersonText]:
    """Return what can be opened of these people as they are now."""
    people = list(Registrant.objects.unrestricted().filter(pk__in=person_ids))
    return {each.person_id: each.text for each in open_people(people, timezone.localdate())}


def page_after(last: UUID | None, size: int) -> list[Registrant]:
    """Return the next people in the order of their ids."""
    people = Registrant.objects.unrestricted().order_by("pk")
    if last is not None:
        people = people.filter(pk__gt=last)
    return list(people[:size])


def changed_people(
    since: Horizon, now: Horizon, day: datetime.date, today: datetime.date
) -> set[UUID]:
    """Return who was written, erased or moved by the passing of days between two looks."""
    changed = Q(changed_in__gte=since.oldest_open, changed_in__lt=now.next)
    ids: set[UUID] = set(ErasedPerson.objects.filter(changed).values_list("person_id", flat=True))
    ids.update(Registrant.objects.filter(changed).values_list("pk", flat=True))
    ids.update(Stay.objects.filter(changed).values_list("registrant_id", flat=True))
    if today != day:
        ids.update(_moved_by_days(day, today))
    return ids


def _moved_by_days(day: datetime.date, today: datetime.date) -> Iterable[UUID]:
    begun = Q(from_on__gt=day, from_on__lte=today)
    over = Q(until_on__gte=day, until_on__lt=today)
    return Stay.objects.filter(begun | over, ended_at__isnull=True).values_list(
        "registrant_id", flat=True
    )
