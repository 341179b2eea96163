"""The places of a crisis: a list to take from, a country's areas to tick, a box to type into."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import staff
from crises.forms import (
    AreasForm,
    CircleForm,
    CountryChoiceForm,
    DrawnForm,
    PolygonForm,
    SideForm,
    TypedPlacesForm,
)
from crises.models import Crisis
from crises.selectors import named_places
from crises.services import NotAllowed, draw_shape, name_places, remove_place
from geography.selectors import country_name
from notifications.access import crisis_for
from notifications.views.ministry import authors, crisis_page, no_longer


@authors
@require_http_methods(["GET", "POST"])
def crisis_places(request: HttpRequest, crisis_id: UUID) -> HttpResponse:
    """Show the places, and the areas of the country asked for; add what was typed."""
    crisis = crisis_for(staff(request), crisis_id)
    country = CountryChoiceForm(request.GET if "country" in request.GET else None)
    areas: AreasForm | None = None
    if country.is_bound and country.is_valid():
        areas = _areas_form(request, country.cleaned_data["country"])
    typed = TypedPlacesForm(request.POST if _is_sent(request, "typed") else None)
    circle = CircleForm(request.POST if _is_sent(request, "circle") else None, prefix="circle")
    polygon = PolygonForm(request.POST if _is_sent(request, "polygon") else None, prefix="drawn")
    sent: SideForm | None = next(
        (form for form in (typed, circle, polygon) if form.is_bound), None
    ) or (areas if _is_sent(request, "areas") else None)
    if sent is not None and sent.is_valid():
        try:
            return _added(request, crisis, sent)
        except NotAllowed:
            return no_longer(request, crisis)
        except ValidationError as error:
            sent.add_error(None, error)
    places = named_places(crisis)
    return crisis_page(
        request,
        "places.html",
        crisis,
        {
            "affected": [place for place in places if not place.is_excluded],
            "left_out": [place for place in places if place.is_excluded],
            "country_form": country,
            "areas_form": areas,
            "typed_form": typed,
            "circle_form": circle,
            "polygon_form": polygon,
            # Whose errors the summary tells.
            "form": sent or typed,
        },
    )


def _is_sent(request: HttpRequest, which: str) -> bool:
    return request.method == "POST" and request.POST.get("which") == which


def _areas_form(request: HttpRequest, country_code: str) -> AreasForm:
    return AreasForm(
        request.POST if _is_sent(request, "areas") else None,
        country_code=country_code,
        country_name=country_name(country_code),
    )


def _added(request: HttpRequest, crisis: Crisis, form: SideForm) -> HttpResponse:
    if isinstance(form, DrawnForm):
        draw_shape(
            actor=staff(request), crisis=crisis, shape=form.drawn, is_excluded=form.is_excluded
        )
        messages.success(
            request, _("The area was left out.") if form.is_excluded else _("The area was added.")
        )
        return redirect("ministry:crisis-places", crisis.public_id)
    named = form.named
    name_places(actor=staff(request), crisis=crisis, places=named, is_excluded=form.is_excluded)
    if form.is_excluded:
        words = ngettext("%(count)d place left out.", "%(count)d places left out.", len(named))
    else:
        words = ngettext("%(count)d place added.", "%(count)d places added.", len(named))
    messages.success(request, words % {"count": len(named)})
    return redirect("ministry:crisis-places", crisis.public_id)


@authors
@require_POST
def place_remove(request: HttpRequest, crisis_id: UUID, place_id: int) -> HttpResponse:
    """Take a place off the list."""
    crisis = crisis_for(staff(request), crisis_id)
    try:
        remove_place(actor=staff(request), crisis=crisis, place_id=place_id)
    except NotAllowed:
        return no_longer(request, crisis)
    messages.success(request, _("The place was removed."))
    return redirect("ministry:crisis-places", crisis.public_id)
