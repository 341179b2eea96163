"""The page staff land on after signing in, and signing out."""

from __future__ import annotations

from typing import Any

from allauth.account.views import AccountInactiveView, LoginView, LogoutView
from allauth.mfa.base.views import AuthenticateView
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
    if roles == {Role.ADMINISTRATOR}:
        return HttpResponseRedirect(reverse("accounts:colleague-list"))
    return render(
        request,
        "accounts/home.html",
        {
            "is_officer": Role.OFFICER in roles,
            "is_ministry": bool(roles & _MINISTRY),
            "is_oversight": bool(roles & _OVERSIGHT),
            "is_administrator": Role.ADMINISTRATOR in roles,
        },
    )


class _OurSite:
    """Keeps allauth's idea of the site out of the page: `site` is ours (config.context)."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the page's context."""
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        context.pop("site", None)
        return context


class SignInView(_OurSite, LoginView):  # type: ignore[misc]
    """E-mail address and password."""


class EnterCodeView(_OurSite, AuthenticateView):  # type: ignore[misc]
    """The second step."""


class ClosedAccountView(_OurSite, AccountInactiveView):  # type: ignore[misc]
    """Somebody who no longer works here."""


class SignOutView(LogoutView):  # type: ignore[misc]
    """Ends the session and has the browser forget what it kept of our pages."""

    def post(self, *args: object, **kwargs: object) -> HttpResponse:
        """Sign out; a laptop stolen after this holds nothing."""
        response: HttpResponse = super().post(*args, **kwargs)
        response["Clear-Site-Data"] = '"cache", "storage"'
        return response


sign_in = SignInView.as_view()
enter_code = EnterCodeView.as_view()
closed_account = ClosedAccountView.as_view()
sign_out = SignOutView.as_view()
