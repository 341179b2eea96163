"""The page staff land on after signing in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from accounts.access import roles_of, staff
from accounts.models import Role


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Lead on to the one console this person works in, or offer a choice."""
    roles = roles_of(staff(request))
    if roles == {Role.OFFICER}:
        return HttpResponseRedirect(reverse("console:people-find"))
    if roles and roles <= {Role.AUTHOR, Role.APPROVER}:
        return HttpResponseRedirect(reverse("ministry:crisis-list"))
    return render(request, "accounts/home.html", {"roles": roles, "Role": Role})
