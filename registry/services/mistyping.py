"""Putting right a number or address that was mistyped while registering."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from audit.recording import Actor, record
from registry.models import ContactPoint, ContactProof, Registrant
from registry.registration import ContactEntry
from registry.services.keeping import add_contact


class AlreadyConfirmed(Exception):
    """Somebody has confirmed a contact of this person: changes need their session now."""


@transaction.atomic
def replace_mistyped_contact(
    *, actor: Actor, person: Registrant, wrong: ContactPoint, entry: ContactEntry, language: str
) -> ContactProof:
    """Put the right contact in the place of one nobody confirmed; return the proof asked for.

    What is still under way to the mistyped one opens nothing any more.
    """
    Registrant.objects.select_for_update().only("pk").get(pk=person.pk)
    contacts = ContactPoint.objects.in_use().filter(registrant=person)
    if contacts.filter(confirmed_at__isnull=False).exists():
        raise AlreadyConfirmed
    wrong.removed_at = timezone.now()
    wrong.value = ""
    wrong.save(update_fields=["removed_at", "value"])
    record(
        actor,
        "registry.contact-removed",
        subject_id=person.pk,
        object_kind="contact-point",
        object_id=wrong.pk,
    )
    _point, proof = add_contact(actor=actor, person=person, entry=entry, language=language)
    return proof
