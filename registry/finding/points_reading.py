"""Opening the positions of stays."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from encryption.keyring import Erased, SealError
from registry.finding.points import PlacedStay
from registry.models import Stay

logger = logging.getLogger(__name__)


def placed(stays: Iterable[Stay]) -> list[PlacedStay]:
    """Return the stays that have a position; one that cannot be read has None for it.

    Whose key was destroyed is left out.
    """
    found = []
    for stay in stays:
        if stay.__dict__.get("position") is None:
            continue
        try:
            position = stay.exact_position
        except Erased:
            continue
        except SealError:
            logger.error("sealed value refused", extra={"stay_id": stay.pk})
            position = None
        found.append(PlacedStay(stay.pk, position))
    return found
