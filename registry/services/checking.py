"""Checking a typed code against the ones that were asked for."""

from __future__ import annotations

from collections.abc import Sequence

from registry.models import ContactPoint
from registry.services.proving import use_code


def use_one_of(*, proof_ids: Sequence[int], code: str) -> ContactPoint | None:
    """Try a code against several proofs, the newest first; None for any kind of wrong.

    A message can be slow: somebody who asked again may hold the earlier code.
    """
    for proof_id in reversed(proof_ids):
        point = use_code(proof_id=proof_id, code=code)
        if point is not None:
            return point
    return None
