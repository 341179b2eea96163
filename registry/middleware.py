"""Each request tells the database whose rows it is about; the row policies hold it to that."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.models import Mandate, Role
from registry import portal_sessions
from walls.scopes import Kind, Scope, within

_STAFF = ("/staff/", "/console/", "/ministry/", "/desk/")
_MINISTRY = "/ministry/"
_CROSSING = {Role.AUTHOR, Role.APPROVER}
_OVERSEEING = {Role.DATA_PROTECTION, Role.AUDITOR}


class ScopeMiddleware:
    """Run each request in the scope of its mandates, or of the person who is signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with within(scope_of(request)):
            return self.get_response(request)


def scope_of(request: HttpRequest) -> Scope:
    """Return whose rows a request may see."""
    path = request.path_info
    if not path.startswith(_STAFF):
        known = (portal_sessions.signed_in_id(request), portal_sessions.draft_id(request))
        return Scope(Kind.PEOPLE, people=tuple(person for person in known if person))
    if not request.user.is_authenticated:
        return Scope(Kind.POSTS)
    mandates = Mandate.objects.live().filter(user=request.user).values_list("role", "post_id")
    held = list(mandates)
    roles = {role for role, _ in held}
    # The ministry counts and writes to people of every district, and sees none of them.
    kind = Kind.REGISTER if path.startswith(_MINISTRY) and roles & _CROSSING else Kind.POSTS
    return Scope(
        kind,
        post_ids=tuple(sorted(post for role, post in held if role == Role.OFFICER and post)),
        staff_id=request.user.pk,
        oversees=bool(roles & _OVERSEEING),
    )
