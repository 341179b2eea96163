"""Finding by sealed tokens of word pairs in SQL, for hosts that cannot run the finder."""

from __future__ import annotations

from typing import Any
from uuid import UUID


def connect() -> None:
    """Forget who is erased at once; called once, at start."""
    from registry.finding.tokens.keeping import forget_person
    from registry.signals import person_erased

    def on_person_erased(sender: object, person_id: UUID, **kwargs: Any) -> None:
        forget_person(person_id)

    # Kept by the signal itself, since nobody else holds the function.
    person_erased.connect(on_person_erased, weak=False, dispatch_uid="registry.tokens-forget")
