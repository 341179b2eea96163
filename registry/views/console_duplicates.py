"""Possible duplicates of the user's districts, and saying that two are not one."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import role_required, staff
from accounts.models import Role
from registry.forms.duplicates import DismissForm, DuplicatesForm
from registry.models import DismissalReason
from registry.pairing import open_pair, open_pairs
from registry.services.dismissing import dismiss_duplicate


@role_required(Role.OFFICER)
@require_GET
def duplicates(request: HttpRequest) -> HttpResponse:
    """Show pairs of records that may be of one person."""
    form = DuplicatesForm(request.GET)
    after = form.cleaned_data["after"] if form.is_valid() else None
    pairs, next_after = open_pairs(staff(request), after=after)
    context = {"pairs": pairs, "next_after": next_after, "is_first": after is None}
    return render(request, "registry/console/duplicates.html", context)


@role_required(Role.OFFICER)
@require_http_methods(["GET", "POST"])
def dismiss(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Ask how it is known that two records are of two people, and take them off the list."""
    user = staff(request)
    if request.method == "GET":
        return _dismiss_page(request, proposal_id, DismissForm())
    form = DismissForm(request.POST)
    if not form.is_valid():
        return _dismiss_page(request, proposal_id, form)
    dismiss_duplicate(
        actor=user,
        proposal_id=proposal_id,
        reason=DismissalReason(form.cleaned_data["reason"]),
    )
    messages.success(request, _("The two records stay apart."))
    return redirect("console:duplicate-list")


def _dismiss_page(request: HttpRequest, proposal_id: UUID, form: DismissForm) -> HttpResponse:
    pair = open_pair(staff(request), proposal_id)
    return render(request, "registry/console/duplicate_dismiss.html", {"pair": pair, "form": form})
