"""What the clocks of retention will remove, and what they removed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import role_required
from accounts.models import Role
from registry import retaining
from registry.models import RetentionRun


@role_required(Role.DATA_PROTECTION, Role.AUDITOR)
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Each rule with its clock and what is due, and the latest runs."""
    due = retaining.due_now()
    context = {
        "rules": [
            {
                "what": rule.what,
                "days": rule.after.days,
                "due": min(due[rule.code], retaining.BATCH),
                "is_more": due[rule.code] > retaining.BATCH,
            }
            for rule in retaining.RULES
        ],
        "runs": [
            {"at": run.at, "removed": [run.removed.get(code, 0) for code in retaining.COUNTED]}
            for run in RetentionRun.objects.order_by("-at")[:30]
        ],
    }
    return render(request, "registry/console/retention.html", context)
