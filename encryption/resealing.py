"""Giving one person a new data key and sealing every field of theirs under it.

For a person whose key may be known to somebody. Their old key is kept beside the new one
while their rows, which lie in another database, are sealed anew, and for a while after: a
request that opened the old key before may still read and write with it. So there are three
steps, each safe to repeat: give the key, seal the rows, and once nobody can hold the old
key any more seal what was written meanwhile and let the old key go.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator
from uuid import UUID

from django.apps import apps
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from encryption.bulk import save_page
from encryption.fields import SealedField
from encryption.keyring import KEY_BYTES, Erased, keyring
from encryption.models import PersonKey
from encryption.person_keys import DataKey, key_context, open_keys
from encryption.routing import KEY_STORE
from encryption.sealed_models import KeyPage, SealedModel

# Longer than any request or task works with keys it has opened.
GRACE = datetime.timedelta(minutes=15)


class TooEarly(Exception):
    """Somebody may still hold the former key."""


def sealed_models() -> Iterator[tuple[type[SealedModel], list[SealedField]]]:
    """Yield every model with sealed fields, and those fields."""
    for model in apps.get_models():
        if issubclass(model, SealedModel):
            fields = [f for f in model._meta.concrete_fields if isinstance(f, SealedField)]
            if fields:
                yield model, fields


def give_new_keys(person_id: UUID) -> int:
    """Make a new key in each of a person's key spaces, keeping the former one for reading.

    Returns how many spaces have a former key now. Does nothing where one is kept already.
    Raises Erased for somebody without keys.
    """
    ring = keyring()
    with transaction.atomic(using=KEY_STORE):
        rows = list(PersonKey.objects.select_for_update().filter(person_id=person_id))
        if not rows:
            raise Erased("this person's key does not exist")
        for row in rows:
            if row.former_version is not None:
                continue
            context = key_context(person_id, row.space)
            # Opened once, so that a key that was tampered with is not kept as a good one.
            ring.unwrap(row.sealing_version, bytes(row.wrapped), context)
            version, wrapped = ring.wrap(os.urandom(KEY_BYTES), context)
            PersonKey.objects.filter(person_id=person_id, space=row.space).update(
                sealing_version=version,
                wrapped=wrapped,
                former_version=row.sealing_version,
                former_wrapped=row.wrapped,
                replaced_at=timezone.now(),
            )
        return len(rows)


def reseal_rows(person_id: UUID) -> int:
    """Seal every value of a person that is still under the former key; return how many.

    Raises SealError for a value neither key opens, and changes nothing then.
    """
    changed = 0
    with transaction.atomic():
        for model, fields in sealed_models():
            found = model._default_manager.filter(**{model.sealed_for: person_id})
            rows = list(found.select_for_update().order_by("pk"))
            for space in {field.space for field in fields}:
                here = [field for field in fields if field.space == space]
                changed += _reseal(rows, here, person_id, space)
    return changed


def _reseal(rows: list[SealedModel], fields: list[SealedField], person_id: UUID, space: int) -> int:
    key = open_keys([person_id], space).get(person_id)
    if key is None:
        return 0
    # Alone, so that what the former key opens is told from what the new one does.
    alone = DataKey(person_id, key.cipher)
    page = KeyPage([person_id])
    page.add(person_id, space, alone)
    changed = 0
    for row in rows:
        row.use_key_page(page)
        changed += sum(field.reseal(row, key, alone) for field in fields)
    save_page(rows, [field.name for field in fields])
    return changed


def let_former_keys_go(person_id: UUID, *, now: datetime.datetime | None = None) -> int:
    """Seal what was written meanwhile, then destroy a person's former keys; return how many.

    Raises TooEarly within GRACE of the new key: somebody may still write with the old one.
    """
    kept = PersonKey.objects.filter(person_id=person_id, former_version__isnull=False)
    latest = (now or timezone.now()) - GRACE
    if kept.filter(replaced_at__gt=latest).exists():
        raise TooEarly
    reseal_rows(person_id)
    return kept.update(former_version=None, former_wrapped=None, replaced_at=None)


def former_key_since(person_id: UUID) -> datetime.datetime | None:
    """Return since when a person has had a key besides the one before, if they still do."""
    row = (
        PersonKey.objects.filter(person_id=person_id, former_version__isnull=False)
        .order_by(F("replaced_at").desc())
        .first()
    )
    return row.replaced_at if row is not None else None


def count_values(person_id: UUID) -> dict[str, int]:
    """Return how many keys and rows a person has."""
    rows = sum(
        model._default_manager.filter(**{model.sealed_for: person_id}).count()
        for model, _ in sealed_models()
    )
    return {"keys": PersonKey.objects.filter(person_id=person_id).count(), "rows": rows}
