"""One-time codes and links that prove a contact belongs to whoever uses them.

Asking is the same work for a known and an unknown contact: one row, one
wake-up. Whether anything is sent is decided later, out of the asker's sight.
"""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from audit.recording import Actor, record
from encryption.references import is_one_time_code, one_time_code, open_reference, seal_reference
from registry import signals
from registry.models import Channel, ContactPoint, ContactProof, ProofPurpose

CODE_LIFE = datetime.timedelta(minutes=20)
LINK_LIFE = datetime.timedelta(hours=24)
MAX_WRONG_TRIES = 5


def ask_for_proof(
    *,
    purpose: ProofPurpose,
    channel: Channel,
    token: int,
    language: str,
    contact_point: ContactPoint | None = None,
) -> ContactProof:
    """Note that a code was asked for and, after commit, let it be answered."""
    life = LINK_LIFE if purpose == ProofPurpose.CONFIRM else CODE_LIFE
    proof = ContactProof.objects.create(
        purpose=purpose,
        channel=channel,
        token=token,
        language=language,
        contact_point=contact_point,
        expires_at=timezone.now() + life,
    )
    proof_id = proof.pk
    transaction.on_commit(lambda: signals.proof_asked.send_robust(ContactProof, proof_id=proof_id))
    return proof


def find_owner(proof: ContactProof) -> ContactPoint | None:
    """Return the contact point a sign-in code may be sent to, if the contact is known.

    A contact that several people share opens the one confirmed first. One that was added in
    the last days opens nothing yet.
    """
    return (
        ContactPoint.objects.opening()
        .filter(token=proof.token, channel=proof.channel)
        .order_by(F("confirmed_at").asc(nulls_last=True), "created_at")
        .first()
    )


def code_of(proof: ContactProof) -> str:
    """Return the ten digits that answer a proof. Stored nowhere, the same at every call."""
    return one_time_code("contact-proof", str(proof.public_id))


def link_reference(proof_id: int) -> str:
    """Return the reference in a proof's link."""
    return seal_reference("contact-proof", proof_id)


def proof_by_link(reference: str) -> ContactProof | None:
    """Return the usable proof a link names, or None."""
    proof_id = open_reference("contact-proof", reference)
    if proof_id is None:
        return None
    proof = ContactProof.objects.filter(pk=proof_id).first()
    return proof if proof is not None and is_usable(proof) else None


def is_usable(proof: ContactProof) -> bool:
    """Tell whether a proof can still be answered."""
    return (
        proof.used_at is None
        and proof.expires_at > timezone.now()
        and proof.wrong_tries < MAX_WRONG_TRIES
    )


@transaction.atomic
def use_code(*, proof_id: int, code: str) -> ContactPoint | None:
    """Check a typed code. Returns the proven contact point, or None for any kind of wrong.

    A wrong, late, used or never-sent code are told apart for nobody.
    """
    proof = ContactProof.objects.select_for_update().filter(pk=proof_id).first()
    if proof is None:
        return None
    right = is_one_time_code("contact-proof", str(proof.public_id), code)
    if not is_usable(proof) or proof.contact_point_id is None or not right:
        ContactProof.objects.filter(pk=proof.pk).update(wrong_tries=F("wrong_tries") + 1)
        return None
    return _use(proof)


@transaction.atomic
def use_link(*, reference: str) -> ContactPoint | None:
    """Use a one-time link. Returns the proven contact point, or None."""
    found = proof_by_link(reference)
    if found is None or found.contact_point_id is None:
        return None
    proof = ContactProof.objects.select_for_update().get(pk=found.pk)
    return _use(proof) if is_usable(proof) else None


def _use(proof: ContactProof) -> ContactPoint | None:
    point = proof.contact_point
    assert point is not None
    # A message that is still under way to a contact that was given up opens nothing any more.
    if point.removed_at is not None:
        return None
    if point.is_held and proof.purpose == ProofPurpose.SIGN_IN:
        return None
    now = timezone.now()
    proof.used_at = now
    proof.save(update_fields=["used_at"])
    if point.confirmed_at is None:
        point.confirmed_at = now
        point.bounced_at = None
        point.save(update_fields=["confirmed_at", "bounced_at"])
    record(
        Actor.person(point.registrant_id),
        "registry.contact-proved",
        subject_id=point.registrant_id,
        object_kind="contact-point",
        object_id=point.pk,
        detail={"purpose": proof.purpose},
    )
    return point
