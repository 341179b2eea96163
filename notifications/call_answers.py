"""What a person says on the phone in a crisis counts like an answer they send."""

from __future__ import annotations

from uuid import UUID

from notifications.models import Answer, AnswerState, AnswerVia, AudienceMember
from notifications.services.answering import record_answer
from registry.models import CallOutcome, ContactLogEntry

_STATES = {
    CallOutcome.SAFE.value: AnswerState.SAFE,
    CallOutcome.NEEDS_HELP.value: AnswerState.HELP,
}


def answer_from_call(entry_id: UUID) -> Answer | None:
    """Record "safe" or "needs help" from a noted call, in the open crisis that last alerted them.

    None when the call says neither, or no open crisis has alerted this person. An exercise
    is no such crisis: nobody's safety is played.
    """
    entry = ContactLogEntry.objects.select_related("staff").filter(pk=entry_id).first()
    state = _STATES.get(entry.outcome) if entry else None
    if entry is None or state is None:
        return None
    crisis_id = (
        AudienceMember.objects.filter(
            registrant_id=entry.registrant_id,
            dispatch__crisis__closed_at__isnull=True,
            dispatch__crisis__is_exercise=False,
        )
        .order_by("-dispatch_id")
        .values_list("dispatch__crisis_id", flat=True)
        .first()
    )
    if crisis_id is None:
        return None
    return record_answer(
        actor=entry.staff.actor,
        crisis_id=crisis_id,
        person_ids=[entry.registrant_id],
        state=state,
        via=AnswerVia.STAFF,
    )[0]
