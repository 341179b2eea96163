"""Who looked at whom: for the data-protection officer and the auditor."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import role_required, staff
from accounts.models import Role
from registry.forms.console import LooksForm
from registry.overseeing import recent_looks, staff_who_look


@role_required(Role.DATA_PROTECTION, Role.AUDITOR)
@require_GET
def looks(request: HttpRequest) -> HttpResponse:
    """List the latest looks, for one member of staff or one day if wanted."""
    form = LooksForm(request.GET, colleagues=staff_who_look())
    chosen = form.cleaned_data if form.is_valid() else {}
    entries, before = recent_looks(
        staff(request),
        staff_id=chosen.get("staff"),
        day=chosen.get("day"),
        before=chosen.get("before"),
    )
    context = {"form": form, "entries": entries, "is_first": not chosen.get("before")}
    if before is not None:
        kept = {
            name: request.GET[name]
            for name in ("staff", "day_day", "day_month", "day_year")
            if name in request.GET
        }
        context["next_query"] = urlencode({**kept, "before": before})
    return render(request, "registry/console/looks.html", context)
