"""Which point engine this installation has."""

from __future__ import annotations

from django.conf import settings

from registry.finding.choosing import finder
from registry.finding.points_asking import FinderPoints
from registry.finding.points_cells import CellPoints
from registry.finding.points_engine import PointEngine


def point_engine() -> PointEngine:
    """Return an engine for one audience. Raises FinderUnavailable when there is none."""
    if settings.PLACE_SEARCH == "cells":
        return CellPoints()
    return FinderPoints(finder())
