"""My registration: what is held, where I am, correcting it, who looked, erasing it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.recording import Actor
from geography.forms import SHOW_AREAS, as_typed, asks_for_areas
from registry import portal_sessions, selectors
from registry.forms.portal import StayForm
from registry.forms.portal_keeping import CorrectionForm
from registry.models import ListKind, Registrant
from registry.portal_sheet import looks_shown, sheet_shown
from registry.services.erasing import erase_person
from registry.services.keeping import (
    confirm_stay,
    correct_person,
    move_person,
    person_went_home,
)


@require_safe
@gzip_page
@portal_sessions.person_required
def show(request: HttpRequest, person: Registrant) -> HttpResponse:
    """Everything on one page, with a way to change each thing."""
    sheet = selectors.sheet_of(person)
    permissions = selectors.permissions_of(person.pk, get_language() or "en")
    context = {
        "sheet": sheet_shown(sheet),
        "permissions": permissions,
        "is_locked": person.restricted_at is not None,
    }
    return render(request, "registry/my_registration.html", context)


@require_POST
@portal_sessions.person_required
def still_here(request: HttpRequest, person: Registrant) -> HttpResponse:
    """I am still where I said."""
    stay = selectors.stay_of(person)
    if stay is None:
        return HttpResponseRedirect(reverse("registry:stay-move"))
    confirm_stay(actor=Actor.person(person.pk), stay=stay)
    messages.success(request, _("Thank you. We have noted that you are still there."))
    return _to_my_registration()


@require_http_methods(["GET", "HEAD", "POST"])
@gzip_page
@portal_sessions.person_required
def move(request: HttpRequest, person: Registrant) -> HttpResponse:
    """I have moved: where to?"""
    form = StayForm(request.POST or None)
    if request.method == "POST":
        if asks_for_areas(request.POST):
            form = StayForm(initial=as_typed(form))
        elif form.is_valid():
            move_person(actor=Actor.person(person.pk), person=person, entry=form.stay_entry())
            messages.success(request, _("Thank you. We have noted where you are now."))
            return _to_my_registration()
    return render(request, "registry/move.html", {"form": form, "show_areas": SHOW_AREAS})


@require_http_methods(["GET", "HEAD", "POST"])
@portal_sessions.person_required
def gone_home(request: HttpRequest, person: Registrant) -> HttpResponse:
    """I have gone home: say what that means, then note it."""
    if request.method == "POST":
        person_went_home(actor=Actor.person(person.pk), person=person)
        messages.success(
            request, _("Welcome home. You will get no more warnings about the place you left.")
        )
        return _to_my_registration()
    return render(request, "registry/gone_home.html")


@require_http_methods(["GET", "HEAD", "POST"])
@gzip_page
@portal_sessions.person_required
def correct(request: HttpRequest, person: Registrant) -> HttpResponse:
    """Correct names, birth, nationality, passport and languages."""
    form = CorrectionForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        correct_person(
            actor=Actor.person(person.pk),
            person=person,
            entry=form.corrected(),
            language=form.cleaned_data["language"],
        )
        messages.success(request, _("Your changes are saved."))
        return _to_my_registration()
    return render(request, "registry/correct.html", {"form": form})


@require_safe
@portal_sessions.person_required
def looks(request: HttpRequest, person: Registrant) -> HttpResponse:
    """Who looked at my record: when, why, at which post."""
    context = {
        "looks": looks_shown(selectors.looks_at(person.pk)),
        "appearances": [
            {
                "on": each.on,
                "kind": ListKind(each.kind).label,
                "post": each.post.name_in(),
                "times": each.times,
            }
            for each in selectors.appearances_of(person.pk)
        ],
    }
    return render(request, "registry/looks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@portal_sessions.person_required
@portal_sessions.fresh_proof_required
def erase(request: HttpRequest, person: Registrant) -> HttpResponse:
    """Erase everything: say what that means, then do it. There is no way back."""
    if request.method != "POST":
        return render(request, "registry/erase.html")
    erase_person(actor=Actor.person(person.pk), person=person)
    portal_sessions.close_session(request)
    return render(request, "registry/erased.html")


def _to_my_registration() -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("registry:registration-show"))
