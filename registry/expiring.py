"""Removing what has outlived its purpose: unfinished drafts, old codes, ended sessions."""

from __future__ import annotations

import logging

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from encryption.person_keys import destroy_keys
from registry.appearing import forget_old
from registry.models import ContactProof, Registrant, RegistrationDraft
from registry.services.holding import remove_due

logger = logging.getLogger(__name__)

BATCH = 500


def expire() -> dict[str, int]:
    """Remove a bounded batch of each kind; return how many went. Safe to repeat."""
    now = timezone.now()
    drafts = list(
        RegistrationDraft.objects.filter(expires_at__lt=now).values_list("pk", flat=True)[:BATCH]
    )
    # A draft that became a person shares its key with them.
    people = set(Registrant.objects.filter(pk__in=drafts).values_list("pk", flat=True))
    destroy_keys([draft for draft in drafts if draft not in people])
    RegistrationDraft.objects.filter(pk__in=drafts).delete()
    old = list(ContactProof.objects.filter(expires_at__lt=now).values_list("pk", flat=True)[:BATCH])
    ContactProof.objects.filter(pk__in=old).delete()
    SessionStore.clear_expired()
    gone = {"drafts": len(drafts), "proofs": len(old), "contacts": remove_due(BATCH)}
    gone["appearances"] = forget_old(BATCH)
    if any(gone.values()):
        logger.info("expired drafts=%(drafts)s proofs=%(proofs)s contacts=%(contacts)s", gone)
    return gone
