"""Deciding, out of the asker's sight, whether a code that was asked for is sent."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.utils import timezone

from notifications.models import MessageKind
from notifications.single_messages import dispatch_to_one
from notifications.sparing import may_leave
from registry.models import ContactProof, ProofPurpose
from registry.services.proving import find_owner

# Codes one contact is sent in an hour, whoever asks.
MAX_PER_HOUR = 6


def answer_proof(proof_id: int) -> bool:
    """Send the code of one proof if its contact is known; safe to run twice.

    Returns whether a message was queued.
    """
    with transaction.atomic():
        proof = ContactProof.objects.select_for_update(of=("self",)).filter(pk=proof_id).first()
        if proof is None or proof.answered_at is not None:
            return False
        proof.answered_at = timezone.now()
        if proof.contact_point_id is None:
            proof.contact_point = find_owner(proof)
        proof.save(update_fields=["answered_at", "contact_point"])
        if proof.contact_point is None or _too_many(proof):
            return False
        if not may_leave(proof.contact_point):
            return False
        kind = MessageKind.CONFIRM if proof.purpose == ProofPurpose.CONFIRM else MessageKind.SIGN_IN
        dispatch_to_one(
            kind=kind,
            point=proof.contact_point,
            language=proof.language,
            contact_proof_id=proof.pk,
        )
        return True


def _too_many(proof: ContactProof) -> bool:
    since = timezone.now() - datetime.timedelta(hours=1)
    return (
        ContactProof.objects.filter(token=proof.token, answered_at__gte=since).count()
        > MAX_PER_HOUR
    )
