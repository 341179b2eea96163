"""Alerts to people who did not agree: asked for, approved, ended and reviewed, each by another."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import fresh_sign_in_required, has_role, role_required, staff
from accounts.models import Role, StaffUser
from crises.models import OverrideField, ReviewFinding, VitalInterestOverride
from crises.overriding import approve_override, end_override, request_override, review_override
from crises.services import NotAllowed
from notifications.access import crisis_for, override_for, overrides_for
from notifications.forms.overriding import (
    OverrideApprovalForm,
    OverrideForm,
    OverrideReviewForm,
)
from notifications.views.ministry import authors, crisis_page, ministry, no_longer

overseers = role_required(Role.AUTHOR, Role.APPROVER, Role.DATA_PROTECTION)


@overseers
@require_GET
def override_list(request: HttpRequest) -> HttpResponse:
    """What waits, what runs, and what somebody has to look at again."""
    context = {"overrides": overrides_for(staff(request))}
    return render(request, "notifications/ministry/override_list.html", context)


@authors
@require_http_methods(["GET", "POST"])
@fresh_sign_in_required
def override_ask(request: HttpRequest, crisis_id: UUID) -> HttpResponse:
    """Ask that a crisis's alerts may reach people who did not agree."""
    crisis = crisis_for(staff(request), crisis_id)
    if crisis.is_exercise or crisis.closed_at is not None:
        return no_longer(request, crisis)
    form = OverrideForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            override = request_override(actor=staff(request), crisis=crisis, entry=form.entry())
        except NotAllowed:
            return no_longer(request, crisis)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Another person must approve it."))
            return redirect("ministry:override-show", override.public_id)
    return crisis_page(request, "override_ask.html", crisis, {"form": form})


@overseers
@require_GET
def override_show(request: HttpRequest, override_id: UUID) -> HttpResponse:
    """One override: what was asked for, how long it still runs, and what can be done."""
    return _page(request, override_id)


@role_required(Role.APPROVER)
@require_POST
@fresh_sign_in_required
def override_approve(request: HttpRequest, override_id: UUID) -> HttpResponse:
    """Let it begin, by typing how many people it may reach at most."""
    form = OverrideApprovalForm(request.POST)
    if form.is_valid():
        try:
            approve_override(
                actor=staff(request),
                override_id=override_id,
                typed_most=form.cleaned_data["typed_most"],
            )
        except NotAllowed:
            return _too_late(request, override_id)
        except ValidationError as error:
            form.add_error("typed_most", error)
        else:
            messages.success(request, _("It begins now."))
            return redirect("ministry:override-show", override_id)
    return _page(request, override_id, approval=form)


@ministry
@require_POST
def override_end(request: HttpRequest, override_id: UUID) -> HttpResponse:
    """End it at once, or drop a request."""
    try:
        end_override(actor=staff(request), override_id=override_id)
    except NotAllowed:
        return _too_late(request, override_id)
    messages.success(request, _("It has ended."))
    return redirect("ministry:override-show", override_id)


@role_required(Role.DATA_PROTECTION)
@require_POST
@fresh_sign_in_required
def override_review(request: HttpRequest, override_id: UUID) -> HttpResponse:
    """Write down what was found."""
    form = OverrideReviewForm(request.POST)
    if not form.is_valid():
        return _page(request, override_id, review=form)
    try:
        review_override(
            actor=staff(request),
            override_id=override_id,
            finding=ReviewFinding(form.cleaned_data["finding"]),
            words=form.cleaned_data["words"],
        )
    except NotAllowed:
        return _too_late(request, override_id)
    messages.success(request, _("Saved."))
    return redirect("ministry:override-show", override_id)


def _too_late(request: HttpRequest, override_id: UUID) -> HttpResponse:
    override_for(staff(request), override_id)
    messages.error(request, _("Somebody else was faster, or this takes another person than you."))
    return redirect("ministry:override-show", override_id)


def _page(
    request: HttpRequest,
    override_id: UUID,
    *,
    approval: OverrideApprovalForm | None = None,
    review: OverrideReviewForm | None = None,
) -> HttpResponse:
    user = staff(request)
    override = override_for(user, override_id)
    context = {
        "override": override,
        "fields": [str(OverrideField(field).label) for field in override.fields],
        "approval_form": approval or OverrideApprovalForm(),
        "review_form": review or OverrideReviewForm(),
        # Whose errors the summary tells.
        "form": approval or review,
        "may_approve": _may_approve(user, override),
        "may_end": (override.is_waiting or override.is_running)
        and has_role(user, Role.AUTHOR, Role.APPROVER),
        "may_review": _may_review(user, override),
    }
    return render(request, "notifications/ministry/override.html", context)


def _may_approve(user: StaffUser, override: VitalInterestOverride) -> bool:
    is_other = override.requested_by_id != user.pk
    return override.is_waiting and is_other and has_role(user, Role.APPROVER)


def _may_review(user: StaffUser, override: VitalInterestOverride) -> bool:
    had_part = user.pk in {override.requested_by_id, override.approved_by_id}
    is_open = override.is_over and override.reviewed_at is None
    return is_open and not had_part and has_role(user, Role.DATA_PROTECTION)
