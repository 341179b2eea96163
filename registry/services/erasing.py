"""Erasing a person: first the key, then the rows."""

from __future__ import annotations

from django.db import transaction

from audit.recording import Actor, record
from encryption.person_keys import destroy_keys
from registry import signals
from registry.models import ContactProof, ErasedPerson, Registrant


def erase_person(*, actor: Actor, person: Registrant) -> None:
    """Destroy the person's keys and remove their rows.

    The key goes first: from then on nothing of theirs can be read, here or in
    any backup of the data, even if the rest fails and is repeated. Consent events
    and audit stay; they name an id that leads nowhere.
    """
    person_id = person.pk
    destroy_keys([person_id])
    with transaction.atomic():
        ErasedPerson.objects.get_or_create(person_id=person_id)
        ContactProof.objects.filter(contact_point__registrant_id=person_id).delete()
        Registrant.objects.filter(pk=person_id).delete()
        record(actor, "registry.person-erased", subject_id=person_id)
        transaction.on_commit(
            lambda: signals.person_erased.send_robust(Registrant, person_id=person_id)
        )
