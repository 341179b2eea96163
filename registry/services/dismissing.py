"""Saying that two records are of two people."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from accounts.models import StaffUser
from audit.recording import record
from registry.models import DismissalReason, DuplicateProposal, ProposalState
from registry.pairing import proposals_visible_to

DISMISSED = "registry.duplicate-dismissed"


@transaction.atomic
def dismiss_duplicate(*, actor: StaffUser, proposal_id: UUID, reason: DismissalReason) -> None:
    """Close a proposal for good; doing it again changes nothing.

    Raises Http404 for a pair of which one person is out of the actor's mandates.
    """
    visible = proposals_visible_to(actor).select_for_update(of=("self",))
    proposal = visible.filter(public_id=proposal_id).first()
    if proposal is None:
        raise Http404
    if proposal.state != ProposalState.OPEN:
        return
    DuplicateProposal.objects.filter(pk=proposal.pk).update(
        state=ProposalState.DISMISSED,
        closed_at=timezone.now(),
        closed_by=actor,
        close_reason=reason,
    )
    record(
        actor.actor,
        DISMISSED,
        object_kind="duplicate-proposal",
        object_id=proposal.pk,
        reason=reason,
        detail={"people": [str(proposal.first_id), str(proposal.second_id)]},
    )
