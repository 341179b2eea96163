"""Proposing pairs that may be one person: who registered or changed, against everybody.

Nobody is refused because of it and nobody who registers learns of it: it happens after the
commit, by machine, and ends in a list for officers.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from audit.recording import Actor, record
from registry.finding.choosing import name_engine
from registry.finding.duplicates.evidence import (
    LEAST_PROBABILITY,
    Evidence,
    Facts,
    alike,
    weigh,
)
from registry.finding.duplicates.likeness import Likeness
from registry.finding.duplicates.reading import facts_of, sharing_a_token
from registry.finding.engine import FinderUnavailable, FindingEngine
from registry.models import DuplicateProposal, ProposalState, Registrant

logger = logging.getLogger(__name__)

PROPOSED = "registry.duplicates-proposed"
# People compared with the register in one go: a dozen queries for all of them.
BATCH = 200
_MOST_NAMESAKES = 20
# A name borne by all who were looked at is borne by more.
_MANY = 50
_AS_ALIKE = 0.02

Pair = tuple[UUID, UUID]


def propose_duplicates(person_id: UUID) -> int:
    """Compare one person with the register; return how many pairs are new."""
    return propose_for([person_id])


def propose_for(person_ids: Iterable[UUID]) -> int:
    """Compare these people with the register, and each other; return how many pairs are new.

    Costs a fixed number of queries per BATCH of people. Without the finder only shared
    numbers and addresses are seen: come again later for the names.
    """
    try:
        engine: FindingEngine | None = name_engine()
    except FinderUnavailable:
        engine = None
    waiting = iter(person_ids)
    new = 0
    while batch := list(islice(waiting, BATCH)):
        new += propose_batch(batch, engine)
    return new


def propose_batch(person_ids: Collection[UUID], engine: FindingEngine | None) -> int:
    """Compare one batch of people with the register; return how many pairs are new.

    Raises FinderUnavailable when the engine goes away, and then has written nothing.
    """
    mine = facts_of(person_ids)
    candidates = sharing_a_token(list(mine))
    namesakes = dict(_namesakes(mine.values(), engine)) if engine else {}
    for person_id, alike_ids in namesakes.items():
        candidates.setdefault(person_id, set()).update(alike_ids)
    open_before = _open_pairs_of(list(mine))
    for first, second in open_before:
        for one, other in ((first, second), (second, first)):
            if one in mine:
                candidates.setdefault(one, set()).add(other)
    others = {each for theirs in candidates.values() for each in theirs}
    known = mine | facts_of(others - mine.keys())
    found: dict[Pair, Evidence] = {}
    for person_id, ids in candidates.items():
        for pair, evidence in _weighed(known, person_id, ids):
            if pair not in found or found[pair].probability < evidence.probability:
                found[pair] = evidence
    return _write(found, open_before if engine else set(), looked_at=len(mine))


def _namesakes(people: Iterable[Facts], engine: FindingEngine) -> Iterator[tuple[UUID, list[UUID]]]:
    for person in people:
        if not person.names:
            continue
        query = " ".join(each.surface for each in person.names)
        matches = engine.search_names(query, None, _MOST_NAMESAKES + 1)
        yield (
            person.person_id,
            [match.person_id for match in matches if match.person_id != person.person_id],
        )


def _open_pairs_of(person_ids: Collection[UUID]) -> set[Pair]:
    theirs = Q(first__in=person_ids) | Q(second__in=person_ids)
    proposals = DuplicateProposal.objects.filter(theirs, state=ProposalState.OPEN)
    return set(proposals.values_list("first_id", "second_id"))


def _weighed(
    known: dict[UUID, Facts], person_id: UUID, ids: Collection[UUID]
) -> Iterator[tuple[Pair, Evidence]]:
    """Yield what is known of each pair of a person with one of these others."""
    me = known[person_id]
    names = {other: alike(me, known[other]) for other in ids if other in known}
    for other, theirs in names.items():
        first, second = sorted((person_id, other))
        yield (first, second), weigh(me, known[other], theirs, _bearers(names.values(), theirs))


def _bearers(names: Iterable[Likeness], wanted: Likeness) -> int:
    """Return how many have a name as alike, or more."""
    count = sum(each.score >= wanted.score - _AS_ALIKE for each in names)
    return count if count < _MOST_NAMESAKES else _MANY


@transaction.atomic
def _write(found: dict[Pair, Evidence], open_before: set[Pair], *, looked_at: int) -> int:
    """Keep the likely pairs, and forget open ones that no longer are; return how many are new."""
    likely = {
        pair: evidence
        for pair, evidence in found.items()
        if evidence.probability >= LEAST_PROBABILITY
    }
    if no_longer := open_before - likely.keys():
        gone = Q()
        for first, second in no_longer:
            gone |= Q(first=first, second=second)
        DuplicateProposal.objects.filter(gone, state=ProposalState.OPEN).delete()
    if not likely:
        return 0
    # Somebody who is being erased waits or is gone; a pair needs both.
    ids = {person_id for pair in likely for person_id in pair}
    held = Registrant.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    here = set(held.values_list("pk", flat=True))
    known = set(
        DuplicateProposal.objects.filter(first__in=ids, second__in=ids).values_list(
            "first_id", "second_id"
        )
    )
    rows = [
        DuplicateProposal(
            first_id=first,
            second_id=second,
            reasons=[reason.value for reason in evidence.reasons],
            score=int(100 * evidence.probability),
        )
        for (first, second), evidence in likely.items()
        if first in here and second in here
    ]
    DuplicateProposal.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["first", "second"],
        update_fields=["reasons", "score"],
    )
    new = sum((row.first_id, row.second_id) not in known for row in rows)
    if new:
        record(Actor.machine(), PROPOSED, detail={"people": looked_at, "pairs": new})
        logger.info("duplicates proposed", extra={"pair_count": new, "people_count": looked_at})
    return new
