"""People who are with me, and people to tell if something happens to me."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from audit.recording import Actor
from registry import portal_sessions, selectors
from registry.forms.portal import birth_parts
from registry.forms.portal_keeping import CompanionForm, EmergencyContactForm
from registry.models import Registrant
from registry.services.keeping import (
    add_companion,
    add_emergency_contact,
    remove_companion,
    remove_emergency_contact,
)


@require_http_methods(["GET", "HEAD", "POST"])
@portal_sessions.person_required
def companion_add(request: HttpRequest, person: Registrant) -> HttpResponse:
    """Name somebody who is with me."""
    form = CompanionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        add_companion(
            actor=Actor.person(person.pk),
            person=person,
            name=form.cleaned_data["name"],
            birth=birth_parts(form.cleaned_data["birth"]),
            relation=form.cleaned_data["relation"],
        )
        messages.success(request, _("Saved. We know now who is with you."))
        return _back()
    return render(request, "registry/companion_add.html", {"form": form})


@require_POST
@portal_sessions.person_required
def companion_remove(request: HttpRequest, person: Registrant, companion_id: UUID) -> HttpResponse:
    """Somebody is no longer with me."""
    companion = selectors.companion_of(person, companion_id)
    if companion is None:
        raise Http404
    remove_companion(actor=Actor.person(person.pk), companion=companion)
    messages.success(request, _("Removed."))
    return _back()


@require_http_methods(["GET", "HEAD", "POST"])
@portal_sessions.person_required
def emergency_contact_add(request: HttpRequest, person: Registrant) -> HttpResponse:
    """Name somebody to be told if something happens to me."""
    form = EmergencyContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        add_emergency_contact(
            actor=Actor.person(person.pk),
            person=person,
            name=form.cleaned_data["name"],
            relation=form.cleaned_data["relation"],
            entry=form.contact_entry(),
        )
        messages.success(
            request,
            _("Saved. We call this person only if you allow it: see “What you allow us to do”."),
        )
        return _back()
    return render(request, "registry/emergency_contact_add.html", {"form": form})


@require_POST
@portal_sessions.person_required
def emergency_contact_remove(
    request: HttpRequest, person: Registrant, contact_id: UUID
) -> HttpResponse:
    """Somebody is not to be told any more."""
    contact = selectors.emergency_contact_of(person, contact_id)
    if contact is None:
        raise Http404
    remove_emergency_contact(actor=Actor.person(person.pk), contact=contact)
    messages.success(request, _("Removed."))
    return _back()


def _back() -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("registry:registration-show"))
