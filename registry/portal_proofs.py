"""Which contact somebody proved to be signed in: how much they may change depends on it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest

from registry import portal_sessions
from registry.models import ContactPoint, Registrant

_PROVED_BY = "proved_by"


def remember(request: HttpRequest, point: ContactPoint) -> None:
    """Note the contact whose code opened this session."""
    request.session[_PROVED_BY] = str(point.pk)


def proved_by(request: HttpRequest, person: Registrant) -> ContactPoint | None:
    """Return the contact whose code the person typed, while it is still theirs."""
    kept = request.session.get(_PROVED_BY)
    if not kept:
        return None
    return ContactPoint.objects.in_use().filter(registrant=person, pk=UUID(kept)).first()


def end_other_sessions(request: HttpRequest, person: Registrant) -> None:
    """Sign the person out on every device but this one."""
    held = dict(request.session.items())
    portal_sessions.end_sessions_of([person.pk])
    # Under a new name, and no fresher than it was.
    request.session.flush()
    request.session.update(held)
