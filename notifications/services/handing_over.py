"""Giving people what is theirs: everything we hold of them."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from audit.recording import Actor, record
from notifications.holdings import everything_held
from registry.models import Registrant


@transaction.atomic
def hand_over_record(*, actor: Actor, person: Registrant) -> dict[str, Any]:
    """Return everything held of a person, JSON-ready, and write down that it was handed over."""
    record(actor, "registry.record-downloaded", subject_id=person.pk)
    return everything_held(person)
