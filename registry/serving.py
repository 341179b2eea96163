"""Whether this installation may serve: nobody erased may come back with a backup.

A restored database is marked; the mark goes when every erasure made since has been repeated
(`manage.py apply_erasures`). Somebody who restored by other means left no mark, so at the
start of a process both databases are compared as well.
"""

from __future__ import annotations

import datetime

from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from encryption import erasures
from encryption.models import KeyRestoration, PersonKey
from registry.models import ErasedPerson, Restoration

# An erasure writes the journal first and the rows after; a repeat follows within minutes.
_UNDER_WAY = datetime.timedelta(hours=1)
_ADVICE = "run `manage.py apply_erasures` before anything is served"


def is_marked_restored() -> bool:
    """Tell whether a database came out of a backup and waits for later erasures."""
    return (
        Restoration.objects.filter(applied_at__isnull=True).exists()
        or KeyRestoration.objects.filter(applied_at__isnull=True).exists()
    )


def refuse_resurrected() -> None:
    """Raise ImproperlyConfigured while erased people may be back with a restored backup."""
    if is_marked_restored():
        raise ImproperlyConfigured(f"restored, erasures not yet applied: {_ADVICE}")
    noted = erasures.journal()
    gone = set(ErasedPerson.objects.values_list("person_id", flat=True))
    settled = timezone.now() - _UNDER_WAY
    if any(at < settled and person_id not in gone for person_id, at in noted.items()):
        raise ImproperlyConfigured(f"the data is older than erasures made since: {_ADVICE}")
    unnoted = [person_id for person_id in gone if person_id not in noted]
    if PersonKey.objects.filter(person_id__in=unnoted).exists():
        raise ImproperlyConfigured(f"the key store is older than erasures made since: {_ADVICE}")
