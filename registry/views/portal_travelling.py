"""My trips: the places I travel to, day by day."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_POST

from audit.recording import Actor
from geography.forms import SHOW_AREAS, as_typed, asks_for_areas
from registry import portal_sessions, selectors
from registry.forms.portal_travelling import LegForm, next_leg
from registry.models import Registrant, Stay
from registry.portal_sheet import legs_shown
from registry.services.travelling import TooManyLegs, add_leg, drop_leg

GO, NEXT = "go", "next"


@require_http_methods(["GET", "HEAD", "POST"])
@gzip_page
@portal_sessions.person_required
def add(request: HttpRequest, person: Registrant) -> HttpResponse:
    """Add one leg; the button beside "Save" goes on to the leg after it."""
    legs = selectors.legs_of(person)
    if request.method != "POST":
        form = LegForm(initial=next_leg(legs[-1].until_on if legs else None))
        return _page(request, form, legs)
    form = LegForm(request.POST)
    if asks_for_areas(request.POST):
        return _page(request, LegForm(initial=as_typed(form)), legs)
    if not form.is_valid():
        return _page(request, form, legs)
    try:
        add_leg(actor=Actor.person(person.pk), person=person, entry=form.stay_entry())
    except TooManyLegs:
        form.add_error(None, _("You have more stops than we can keep. Remove one first."))
        return _page(request, form, legs)
    messages.success(request, _("Saved. We warn you about this place on the days you are there."))
    where_to = "leg-add" if request.POST.get(GO) == NEXT else "registration-show"
    return HttpResponseRedirect(reverse(f"registry:{where_to}"))


@require_POST
@portal_sessions.person_required
def remove(request: HttpRequest, person: Registrant, leg_id: UUID) -> HttpResponse:
    """I do not travel there after all."""
    if not drop_leg(actor=Actor.person(person.pk), person=person, leg_id=leg_id):
        raise Http404
    messages.success(request, _("Removed. We do not warn you about this place any more."))
    return HttpResponseRedirect(reverse("registry:registration-show"))


def _page(request: HttpRequest, form: LegForm, legs: list[Stay]) -> HttpResponse:
    context = {"form": form, "legs": legs_shown(legs), "show_areas": SHOW_AREAS, "next": NEXT}
    return render(request, "registry/leg_add.html", context)
