"""Crises in the ministry's console: the list, opening, the page of one, level, closing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import has_role, role_required, staff
from accounts.models import Role
from crises.forms import CrisisForm, EstimateForm, ExerciseForm, LevelForm, NextUpdateForm
from crises.models import Crisis
from crises.selectors import affected_places_in_words, crises_by_kind, named_places
from crises.services import (
    NotAllowed,
    change_level,
    note_estimate,
    open_crisis,
    promise_update,
)
from notifications.access import broadcasts_of, crisis_for, latest_sent, queue_for
from notifications.services.correcting import end_crisis

ministry = role_required(Role.AUTHOR, Role.APPROVER)
authors = role_required(Role.AUTHOR)


def crisis_page(
    request: HttpRequest, template: str, crisis: Crisis, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render a page that belongs to a crisis: an exercise shows itself on every one of them."""
    return render(
        request,
        f"notifications/ministry/{template}",
        {
            "crisis": crisis,
            "is_exercise": crisis.is_exercise,
            "may_write": has_role(staff(request), Role.AUTHOR),
            **context,
        },
        status=status,
    )


def refused(request: HttpRequest, crisis: Crisis, reason: str) -> HttpResponse:
    """Say in one sentence why somebody may not do what they tried."""
    return crisis_page(request, "refused.html", crisis, {"reason": reason}, status=403)


def no_longer(request: HttpRequest, crisis: Crisis) -> HttpResponse:
    """Answer an act that came too late, or from somebody whose role has ended."""
    return refused(
        request,
        crisis,
        _("Somebody else was faster, or you may not do this. Look at the crisis as it is now."),
    )


@ministry
@require_GET
def crisis_list(request: HttpRequest) -> HttpResponse:
    """All crises, real ones and exercises apart."""
    lists = crises_by_kind()
    user = staff(request)
    return render(
        request,
        "notifications/ministry/crisis_list.html",
        {
            "real": [(crisis, affected_places_in_words(crisis)) for crisis in lists.real],
            "exercises": [(crisis, affected_places_in_words(crisis)) for crisis in lists.exercises],
            "closed": [(crisis, affected_places_in_words(crisis)) for crisis in lists.closed],
            "waiting": queue_for(user).count,
            "may_write": has_role(user, Role.AUTHOR),
        },
    )


@authors
@require_http_methods(["GET", "POST"])
def crisis_open(request: HttpRequest) -> HttpResponse:
    """Open a real crisis."""
    return _open(request, CrisisForm, "notifications/ministry/crisis_open.html")


@authors
@require_http_methods(["GET", "POST"])
def exercise_open(request: HttpRequest) -> HttpResponse:
    """Open an exercise: another page, another colour, other words."""
    return _open(request, ExerciseForm, "notifications/ministry/exercise_open.html")


def _open(request: HttpRequest, form_class: type[CrisisForm], template: str) -> HttpResponse:
    form = form_class(request.POST or None)
    if request.method == "POST" and form.is_valid():
        crisis = open_crisis(actor=staff(request), entry=form.entry())
        return redirect("ministry:crisis-places", crisis.public_id)
    return render(request, template, {"form": form, "is_exercise": form.is_exercise})


@ministry
@require_GET
def crisis_show(request: HttpRequest, crisis_id: UUID) -> HttpResponse:
    """One crisis: its places, its messages, and what can be done."""
    crisis = crisis_for(staff(request), crisis_id)
    places = named_places(crisis)
    return crisis_page(
        request,
        "crisis.html",
        crisis,
        {
            "affected": [place for place in places if not place.is_excluded],
            "left_out": [place for place in places if place.is_excluded],
            "broadcasts": broadcasts_of(crisis),
            "latest_sent": latest_sent(crisis),
        },
    )


@authors
@require_http_methods(["GET", "POST"])
def crisis_level(request: HttpRequest, crisis_id: UUID) -> HttpResponse:
    """Raise or lower a crisis."""
    crisis = crisis_for(staff(request), crisis_id)
    form = LevelForm(request.POST or None, initial={"level": crisis.level})
    if request.method == "POST" and form.is_valid():
        try:
            change_level(actor=staff(request), crisis=crisis, level=form.cleaned_data["level"])
        except NotAllowed:
            return no_longer(request, crisis)
        messages.success(request, _("The level was changed."))
        return redirect("ministry:crisis-show", crisis.public_id)
    return crisis_page(request, "crisis_level.html", crisis, {"form": form})


@authors
@require_http_methods(["GET", "POST"])
def crisis_estimate(request: HttpRequest, crisis_id: UUID) -> HttpResponse:
    """Note how many of our people others think are there."""
    crisis = crisis_for(staff(request), crisis_id)
    form = EstimateForm(
        request.POST or None,
        initial={
            "low": crisis.people_low,
            "high": crisis.people_high,
            "source": crisis.people_source,
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            note_estimate(actor=staff(request), crisis=crisis, estimate=form.estimate())
        except NotAllowed:
            return no_longer(request, crisis)
        messages.success(request, _("Saved."))
        return redirect("ministry:crisis-show", crisis.public_id)
    return crisis_page(request, "crisis_estimate.html", crisis, {"form": form})


@authors
@require_http_methods(["GET", "POST"])
def crisis_promise(request: HttpRequest, crisis_id: UUID) -> HttpResponse:
    """Promise when people will hear more."""
    crisis = crisis_for(staff(request), crisis_id)
    form = NextUpdateForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            promise_update(actor=staff(request), crisis=crisis, at=form.at)
        except NotAllowed:
            return no_longer(request, crisis)
        messages.success(request, _("Saved."))
        return redirect("ministry:crisis-show", crisis.public_id)
    return crisis_page(request, "crisis_promise.html", crisis, {"form": form})


@authors
@require_http_methods(["GET", "POST"])
def crisis_close(request: HttpRequest, crisis_id: UUID) -> HttpResponse:
    """Close a crisis, after asking once."""
    crisis = crisis_for(staff(request), crisis_id)
    trouble: list[str] = []
    if request.method == "POST":
        try:
            end_crisis(actor=staff(request), crisis=crisis)
        except NotAllowed:
            return no_longer(request, crisis)
        except ValidationError as error:
            trouble = error.messages
        else:
            messages.success(request, _("The crisis is closed."))
            return redirect("ministry:crisis-list")
    return crisis_page(request, "crisis_close.html", crisis, {"trouble": trouble})
