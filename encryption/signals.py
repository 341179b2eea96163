"""What encryption tells the apps above it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.dispatch import Signal

# Something sealed was refused: refusal (Refusal). Sent at once, perhaps inside a
# transaction that will be rolled back; receivers must survive that themselves.
seal_refused = Signal()


@dataclass(frozen=True)
class Refusal:
    """A sealed value or key that did not belong where it was found. Ids and codes only."""

    table: str
    column: str
    row_id: str
    person_id: UUID | None

    @property
    def place(self) -> str:
        """The table and the column."""
        return f"{self.table}.{self.column}"


def refuse(refusal: Refusal) -> None:
    """Tell whoever listens; what a listener raises does not hide the refusal itself."""
    seal_refused.send_robust(Refusal, refusal=refusal)
