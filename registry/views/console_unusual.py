"""Unusual readings of records, for the data-protection officer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import role_required, staff
from accounts.models import Role
from audit.models import AuditEvent
from registry.models import LookReason, Oddity, ReadingOutcome, UnusualReading
from registry.services.explaining import ReadingDecided, decide_reading

MOST_SHOWN = 100


@role_required(Role.DATA_PROTECTION, Role.AUDITOR)
@require_GET
def list_(request: HttpRequest, queue: str = "open") -> HttpResponse:
    """Readings that wait for an explanation, or those that were decided."""
    if queue not in {"open", "decided"}:
        raise Http404
    user = staff(request)
    readings = UnusualReading.objects.select_related("staff", "post", "decided_by")
    if queue == "open":
        readings = readings.filter(outcome="").order_by("read_at", "pk")
    else:
        readings = readings.exclude(outcome="").order_by("-decided_at", "-pk")
    shown = list(readings[:MOST_SHOWN])
    events = AuditEvent.objects.in_bulk({reading.event_id for reading in shown})
    rows = [_row(reading, events.get(reading.event_id), user.pk) for reading in shown]
    return render(request, "registry/console/unusual.html", {"rows": rows, "queue": queue})


@role_required(Role.DATA_PROTECTION)
@require_POST
def decide(request: HttpRequest, reading_id: UUID) -> HttpResponse:
    """Explained, or escalated."""
    outcome = request.POST.get("outcome")
    if outcome not in ReadingOutcome.values:
        raise Http404
    try:
        decide_reading(actor=staff(request), reading_id=reading_id, outcome=ReadingOutcome(outcome))
    except ReadingDecided:
        messages.error(request, _("Somebody decided about this meanwhile."))
    else:
        messages.success(request, _("It is noted."))
    return redirect("console:unusual-list")


def _row(reading: UnusualReading, event: AuditEvent | None, user_id: UUID) -> dict[str, object]:
    person = str((event.subject_id or event.object_id) if event else "")
    reason = event.reason if event else ""
    return {
        "id": reading.pk,
        "oddity": Oddity(reading.oddity).label,
        "who": reading.staff.name,
        "is_own": reading.staff_id == user_id,
        "post": reading.post.name_in() if reading.post else "",
        "at": reading.read_at,
        "reason": dict(LookReason.choices).get(reason, ""),
        "record": person[-8:],
        "outcome": ReadingOutcome(reading.outcome).label if reading.outcome else "",
        "is_escalated": reading.outcome == ReadingOutcome.ESCALATED,
        "decided_by": reading.decided_by.name if reading.decided_by else "",
    }
