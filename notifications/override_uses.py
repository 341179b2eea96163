"""When somebody was written to under an override: for their own page and their own copy."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from uuid import UUID

from crises.models import VitalInterestOverride
from notifications.models import NoticeOutcome, OverrideRecipient


@dataclass(frozen=True)
class OverrideUse:
    """One override that was used to write to one person. Names no member of staff."""

    at: datetime.datetime
    override: VitalInterestOverride
    outcome: NoticeOutcome | None

    @property
    def told(self) -> str:
        """What became of telling them, in words; empty while that is to come."""
        return str(self.outcome.label) if self.outcome else ""


def uses_of(person_id: UUID) -> list[OverrideUse]:
    """Return under which overrides somebody was to be alerted, newest first."""
    rows = (
        OverrideRecipient.objects.filter(registrant_id=person_id)
        .select_related("override__crisis")
        .order_by("-added_at")
    )
    return [
        OverrideUse(row.added_at, row.override, NoticeOutcome(row.outcome) if row.outcome else None)
        for row in rows
    ]


def uses_as_data(person_id: UUID) -> list[dict[str, str | None]]:
    """Return the same as JSON-ready data."""
    return [
        {
            "at": use.at.isoformat(timespec="seconds"),
            "crisis": use.override.crisis.title,
            "basis": use.override.basis,
            "legal_text": use.override.legal_text,
            "reason": use.override.reason,
            "no_other_basis_because": use.override.no_other_basis_because,
            "refusers_reason": use.override.refusers_reason,
            "ended_at": _instant(use.override.ends_at),
            "told": use.outcome.value if use.outcome else "",
            "reviewed_at": _instant(use.override.reviewed_at),
            "finding": use.override.finding,
            "review": use.override.review_words,
        }
        for use in uses_of(person_id)
    ]


def _instant(at: datetime.datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
