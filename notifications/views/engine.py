"""How the sending engine fares: a page for staff, and figures for a monitoring system.

Neither names, counts nor groups people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import constant_time_compare
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.access import role_required
from accounts.models import Role
from notifications.metrics import CONTENT_TYPE, exposition
from notifications.models import Lane
from notifications.models.heartbeats import Work
from notifications.watching import LaneHealth, ProcessHealth, engine_health

Thing = TypeVar("Thing")

_LANES: dict[Lane, str | Promise] = {
    Lane.CRISIS: _("Crisis"),
    Lane.URGENT: _("Urgent"),
    Lane.ROUTINE: _("Everyday"),
}
_WORK: dict[Work, str | Promise] = {
    Work.SEND: _("Sends"),
    Work.SWEEP: _("Looks for work"),
    Work.WATCH: _("Watches the others"),
}


@dataclass(frozen=True)
class _Named(Generic[Thing]):
    """A row and what it is called in the page's language."""

    name: str | Promise
    row: Thing


@role_required(Role.AUTHOR, Role.APPROVER, Role.ADMINISTRATOR)
@require_GET
@never_cache
def engine_show(request: HttpRequest) -> HttpResponse:
    """What waits, who works, and how the ways out answer."""
    health = engine_health()
    lanes = [_Named[LaneHealth](_LANES[lane.lane], lane) for lane in health.lanes]
    processes = [_Named[ProcessHealth](_WORK[one.work], one) for one in health.processes]
    context = {"health": health, "lanes": lanes, "processes": processes}
    return render(request, "notifications/ministry/engine.html", context)


@require_GET
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """The same for Prometheus, whose secret comes as a bearer; nobody else may read it."""
    word, _space, secret = request.headers.get("Authorization", "").partition(" ")
    known = settings.METRICS_SECRET
    if word.lower() != "bearer" or not known or not constant_time_compare(secret.strip(), known):
        return HttpResponse(
            status=401, headers={"WWW-Authenticate": "Bearer"}, content_type="text/plain"
        )
    return HttpResponse(exposition(engine_health()), content_type=CONTENT_TYPE)
