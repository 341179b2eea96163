"""The page staff land on after signing in, and signing out."""

from __future__ import annotations

from allauth.account.views import LogoutView
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from accounts.access import roles_of, staff
from accounts.models import Role

_MINISTRY = frozenset({Role.AUTHOR, Role.APPROVER})
_OVERSIGHT = frozenset({Role.DATA_PROTECTION, Role.AUDITOR})


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Lead on to the one console this person works in, or offer a choice."""
    roles = roles_of(staff(request))
    if roles == {Role.OFFICER}:
        return HttpResponseRedirect(reverse("console:people-find"))
    if roles and roles <= _MINISTRY:
        return HttpResponseRedirect(reverse("ministry:crisis-list"))
    if roles and roles <= _OVERSIGHT:
        return HttpResponseRedirect(reverse("console:looks-list"))
    return render(
        request,
        "accounts/home.html",
        {
            "is_officer": Role.OFFICER in roles,
            "is_ministry": bool(roles & _MINISTRY),
            "is_oversight": bool(roles & _OVERSIGHT),
        },
    )


class SignOutView(LogoutView):  # type: ignore[misc]
    """Ends the session and has the browser forget what it kept of our pages."""

    def post(self, *args: object, **kwargs: object) -> HttpResponse:
        """Sign out; a laptop stolen after this holds nothing."""
        response: HttpResponse = super().post(*args, **kwargs)
        response["Clear-Site-Data"] = '"cache", "storage"'
        return response


sign_out = SignOutView.as_view()
