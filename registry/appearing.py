"""Writing down who stood in a list of results, so that they can read it later."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.access import post_ids_of
from accounts.models import StaffUser
from registry.models import Appearance, ListKind

# For how long a person can read where they stood.
KEPT = datetime.timedelta(days=365)

# In the order of the people, so that two searches wait for each other and never both.
_NOTE = """
    INSERT INTO registry_appearance (registrant_id, post_id, "on", kind, times)
    SELECT DISTINCT ON (registrant_id) registrant_id, post_id, %(on)s, %(kind)s, 1
      FROM registry_stay
     WHERE registrant_id = ANY(%(people)s) AND ended_at IS NULL AND post_id = ANY(%(posts)s)
     ORDER BY registrant_id, from_on
    ON CONFLICT (registrant_id, "on", post_id, kind)
    DO UPDATE SET times = registry_appearance.times + 1"""


def note_appearances(user: StaffUser, person_ids: Sequence[UUID], kind: ListKind) -> None:
    """Count one appearance of each person, in one statement; in the look's transaction."""
    if not person_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _NOTE,
            {
                "on": timezone.localdate(),
                "kind": kind.value,
                "people": list(person_ids),
                "posts": post_ids_of(user),
            },
        )


def forget_old(limit: int) -> int:
    """Remove a batch of appearances that were kept long enough; return how many."""
    old = Appearance.objects.filter(on__lt=timezone.localdate() - KEPT)
    ids = list(old.values_list("pk", flat=True)[:limit])
    return Appearance.objects.filter(pk__in=ids).delete()[0]
