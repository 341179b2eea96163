"""Making a person of a draft, however often and however fast the button is pressed."""

from __future__ import annotations

from django.db import transaction

from audit.recording import Actor
from registry.models import ContactProof, Registrant, RegistrationDraft
from registry.registration import Registration
from registry.services.registering import register_person


@transaction.atomic
def finish_draft(
    *, actor: Actor, registration: Registration
) -> tuple[Registrant, list[ContactProof]]:
    """Register the person of a draft; the second of two equal requests gets the first's answer."""
    # The second waits here until the first is done, and then finds the person.
    RegistrationDraft.objects.select_for_update().filter(pk=registration.id).first()
    return register_person(actor=actor, registration=registration)
