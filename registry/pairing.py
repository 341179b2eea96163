"""Possible duplicates as officers see them: two masked rows side by side, and why."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils.functional import Promise

from accounts.models import StaffUser
from audit.recording import record
from registry.access import registrants_visible_to, stays_visible_to
from registry.models import DuplicateProposal, DuplicateReason, ProposalState, Registrant
from registry.rows import MaskedRow, masked_rows

LISTED = "registry.duplicates-listed"
# The most pairs that one look shows.
MOST_PAIRS = 10


@dataclass(frozen=True)
class Side:
    """One record of a pair."""

    row: MaskedRow
    registered_on: datetime.date


@dataclass(frozen=True)
class PairShown:
    """Two records that may be of one person, the older one first, and what they share."""

    proposal_id: UUID
    sides: tuple[Side, Side]
    reasons: Sequence[str | Promise]


def proposals_visible_to(user: StaffUser) -> QuerySet[DuplicateProposal]:
    """Return proposals of which both people stay in districts this user has a mandate for."""
    here = stays_visible_to(user)
    people = Registrant.objects.unrestricted()
    proposals = DuplicateProposal.objects.all()
    for side in ("first_id", "second_id"):
        proposals = proposals.filter(
            Exists(people.filter(pk=OuterRef(side))),
            Exists(here.filter(registrant_id=OuterRef(side))),
        )
    return proposals


def open_pairs(
    user: StaffUser, *, after: UUID | None = None
) -> tuple[list[PairShown], UUID | None]:
    """Return one page of possible duplicates, the surest first, and where the next begins.

    `after` is the last pair of the page before; None comes back at the end. Written down as a
    look: how many pairs, and whose rows.
    """
    proposals = proposals_visible_to(user).filter(state=ProposalState.OPEN)
    if after is not None and (last := DuplicateProposal.objects.filter(public_id=after).first()):
        proposals = proposals.filter(Q(score__lt=last.score) | Q(score=last.score, pk__lt=last.pk))
    with transaction.atomic():
        page = list(proposals.order_by("-score", "-pk")[: MOST_PAIRS + 1])
        pairs = _shown(user, page[:MOST_PAIRS])
        record(
            user.actor,
            LISTED,
            detail={"rows": len(pairs)},
            revealed_ids=[side.row.person_id for pair in pairs for side in pair.sides],
        )
    return pairs, page[MOST_PAIRS - 1].public_id if len(page) > MOST_PAIRS else None


def open_pair(user: StaffUser, proposal_id: UUID) -> PairShown:
    """Return one pair that is still open. Raises Http404."""
    proposals = proposals_visible_to(user).filter(state=ProposalState.OPEN, public_id=proposal_id)
    pairs = _shown(user, list(proposals))
    if not pairs:
        raise Http404
    return pairs[0]


def _shown(user: StaffUser, proposals: Sequence[DuplicateProposal]) -> list[PairShown]:
    ids = {id_ for proposal in proposals for id_ in (proposal.first_id, proposal.second_id)}
    people = list(registrants_visible_to(user).filter(pk__in=ids))
    registered = {person.pk: person.registered_at for person in people}
    rows = {row.person_id: row for row in masked_rows(user, people)}
    pairs = []
    for proposal in proposals:
        both = sorted(
            (id_ for id_ in (proposal.first_id, proposal.second_id) if id_ in rows),
            key=lambda id_: registered[id_],
        )
        # Somebody who is being erased at this moment is in no pair.
        if len(both) == 2:
            older, younger = (Side(rows[id_], registered[id_].date()) for id_ in both)
            reasons = [DuplicateReason(reason).label for reason in proposal.reasons]
            pairs.append(PairShown(proposal.public_id, (older, younger), reasons))
    return pairs
