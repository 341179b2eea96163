"""Making an approved list: opened row by row, marked, with one invented person, and sealed.

    "registry-list-1 <id>\\n" · a sealed copy (encryption.copies) of JSON, for one recipient

Each row carries a mark of its own and one row is nobody, with an address that is used nowhere
else: whoever finds either knows which list it came from (`manage.py whose_list`).
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit.models import ActorKind
from audit.recording import Actor, Subject, record_for_each
from disclosure.choosing import people_for
from disclosure.dropping import drop
from disclosure.models import MOST_PEOPLE, ListState, PeopleList
from encryption.copies import seal_copy
from encryption.digests import keyed_hex
from encryption.keyring import Erased
from encryption.sealed_models import share_key_page
from registry.models import Companion, ContactPoint, Registrant, Stay
from registry.registration import birth_text
from registry.rows import place_name
from registry.unreadable import marked

HEAD = "registry-list-1"
_NOBODY = ("Nora Salem", "Karim Aziz", "Lina Farah", "Omar Nasser", "Dana Khalil", "Sami Rizk")


def pack_approved() -> int:
    """Make the lists that were approved; return how many. Safe to repeat."""
    waiting = PeopleList.objects.filter(state=ListState.APPROVED).values_list("pk", flat=True)
    return sum(_pack_one(list_id) for list_id in list(waiting[:20]))


@transaction.atomic
def _pack_one(list_id: UUID) -> bool:
    found = (
        PeopleList.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("crisis", "post", "recipient", "asked_by")
        .filter(pk=list_id, state=ListState.APPROVED)
        .first()
    )
    if found is None:
        return False
    people = list(people_for(found.post, found.crisis).order_by("pk")[: MOST_PEOPLE + 1])
    # The second officer agreed to a number; a list that has grown since is asked for anew.
    if len(people) > found.expected_count or found.crisis.closed_at is not None:
        drop(found, ListState.DROPPED)
        return True
    rows, ids = rows_of(found, people)
    found.content = seal(found, rows)
    found.people = ids
    found.state = ListState.READY
    found.save(update_fields=["content", "people", "state"])
    record_for_each(
        Actor(ActorKind.STAFF, found.asked_by_id),
        "disclosure.listed",
        [Subject(person_id, found.pk, found.post_id) for person_id in ids],
        object_kind="people-list",
        detail={"purpose": found.purpose},
    )
    return True


def rows_of(
    found: PeopleList, people: Sequence[Registrant]
) -> tuple[list[dict[str, Any]], list[UUID]]:
    """Return the rows with the invented one among them, in no order, and whose they are."""
    ids = [person.pk for person in people]
    contacts = list(ContactPoint.objects.in_use().filter(registrant_id__in=ids))
    stays = list(Stay.objects.current().filter(registrant_id__in=ids, post=found.post))
    companions = list(Companion.objects.filter(registrant_id__in=ids))
    share_key_page([*people, *contacts, *stays, *companions])
    rows, whose = [], []
    with marked():
        for person in people:
            try:
                rows.append(
                    {
                        "name": str(person.display_name),
                        "born": birth_text(person.birth),
                        "contacts": [
                            str(c.value) for c in contacts if c.registrant_id == person.pk
                        ],
                        "places": [
                            f"{place_name(s)}: {s.place}".rstrip(": ")
                            for s in stays
                            if s.registrant_id == person.pk
                        ],
                        "with_them": sum(c.registrant_id == person.pk for c in companions),
                    }
                )
            except Erased:
                continue
            whose.append(person.pk)
    rows.append(nobody(found))
    random.SystemRandom().shuffle(rows)
    return [{"mark": mark_of(found.pk, place), **row} for place, row in enumerate(rows)], whose


def nobody(found: PeopleList) -> dict[str, Any]:
    """Return the invented row of a list; the same at every call."""
    name = _NOBODY[int(keyed_hex("list-name", str(found.pk))[:8], 16) % len(_NOBODY)]
    return {
        "name": name,
        "born": str(1950 + int(keyed_hex("list-birth", str(found.pk))[:8], 16) % 50),
        "contacts": [canary_address(found.pk)],
        "places": [],
        "with_them": 0,
    }


def canary_address(list_id: UUID) -> str:
    """Return an address of ours that stands in one list and nowhere else."""
    return f"m{keyed_hex('list-canary', str(list_id))[:10]}@{settings.MAIL_BOUNCE_DOMAIN}"


def mark_of(list_id: UUID, place: int) -> str:
    """Return the mark of one row: ten hex digits."""
    return keyed_hex("list-mark", f"{list_id}|{place}")[:10]


def seal(found: PeopleList, rows: Sequence[dict[str, Any]]) -> bytes:
    """Return the bytes of the package, for its recipient alone."""
    told = {
        "list": str(found.pk),
        "for": found.recipient.name,
        "purpose": found.purpose,
        "crisis": found.crisis.title,
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "expires_at": found.expires_at.isoformat(timespec="seconds") if found.expires_at else "",
        "rows": list(rows),
    }
    target = io.BytesIO()
    target.write(f"{HEAD} {found.pk}\n".encode())
    source = io.BytesIO(json.dumps(told, ensure_ascii=False).encode())
    seal_copy(found.recipient.public_key, f"list-{found.pk}", source, target)
    return target.getvalue()


def list_that_holds(value: str) -> PeopleList | None:
    """Return the list a mark or an invented address stands in, or None."""
    sought = value.strip().lower()
    for found in PeopleList.objects.select_related("recipient").order_by("-asked_at"):
        if sought == canary_address(found.pk):
            return found
        if any(sought == mark_of(found.pk, place) for place in range(found.expected_count + 1)):
            return found
    return None
