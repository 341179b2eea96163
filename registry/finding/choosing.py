"""Which finder this installation has."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from registry.finding.engine import FinderUnavailable, FindingEngine
from registry.finding.finders import Finders
from registry.finding.sharing import groups
from registry.finding.tokens.finder import TokenFinder

_BY_TOKENS = TokenFinder()


@lru_cache(maxsize=4)
def _finders_at(setting: str) -> Finders:
    return Finders(groups(setting))


def finder() -> Finders:
    """Return the finder of this installation. Raises FinderUnavailable when there is none."""
    if not settings.FINDER_SOCKET:
        raise FinderUnavailable("no FINDER_SOCKET")
    return _finders_at(settings.FINDER_SOCKET)


def name_engine() -> FindingEngine:
    """Return what finds names in this installation. Raises FinderUnavailable without any."""
    return _BY_TOKENS if settings.NAME_SEARCH == "tokens" else finder()


def is_finding() -> bool:
    """Whether every name can be looked for now: each group has a finder that answers."""
    if settings.NAME_SEARCH == "tokens":
        return _BY_TOKENS.is_ready()
    try:
        finder().followed_until()
    except FinderUnavailable:
        return False
    return True
