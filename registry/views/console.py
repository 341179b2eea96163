"""Finding people: one search box, and the list of the district."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import role_required, staff
from accounts.models import Role
from geography.forms import as_typed, asks_for_areas
from registry.console_sessions import keep_search, kept_search
from registry.forms.console import DistrictForm, SearchForm
from registry.looking import Place, countries_of, people_in_district, search


@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """The console begins with finding somebody."""
    return redirect("console:people-find")


@role_required(Role.OFFICER)
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Ask what to look for; what was typed travels in the body and then stays here, sealed."""
    countries = countries_of(staff(request))
    if request.method == "GET":
        form = SearchForm(countries=countries, takes_focus=True)
        return render(request, "registry/console/find.html", {"form": form})
    form = SearchForm(request.POST, countries=countries)
    if asks_for_areas(request.POST):
        form = SearchForm(initial=as_typed(form), countries=countries)
        return render(request, "registry/console/find.html", {"form": form})
    if not form.is_valid():
        return render(request, "registry/console/find.html", {"form": form})
    search_id = keep_search(request.session, form.cleaned_data)
    return redirect("console:people-found", search_id)


@role_required(Role.OFFICER)
@require_GET
def found(request: HttpRequest, search_id: UUID) -> HttpResponse:
    """Show who matches a search of this session."""
    kept = kept_search(request.session, search_id)
    user = staff(request)
    form = SearchForm(kept, countries=countries_of(user))
    # A mandate may have ended since, and its countries with it.
    if kept is None or not form.is_valid():
        return redirect("console:people-find")
    return render(
        request,
        "registry/console/found.html",
        {
            "form": form,
            "findings": search(user, form.cleaned_data["query"], form.place),
        },
    )


@role_required(Role.OFFICER)
@require_GET
def district(request: HttpRequest) -> HttpResponse:
    """Show the people of the user's districts, a page at a time."""
    user = staff(request)
    countries = countries_of(user)
    # Without a choice the fields must still show what they mean, so the form is always bound.
    chosen = request.GET.copy()
    if len(countries) == 1:
        chosen["country"] = countries[0][0]
    form = DistrictForm(chosen, countries=countries)
    if form.is_valid():
        place, after = form.place, form.cleaned_data["after"]
    else:
        place, after = Place(), None
    findings, next_after = people_in_district(user, place, after=after)
    context = {"form": form, "findings": findings, "is_first": after is None}
    if next_after is not None:
        query = {"country": place.country, "area": place.area, "kind": place.kind}
        context["next_query"] = urlencode({**query, "after": next_after})
    return render(request, "registry/console/district.html", context)
