"""Who may do what: the vocabulary every other app's access rules are written in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from allauth.account.decorators import reauthentication_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from accounts.models import Mandate, Role, StaffUser

View = Callable[..., HttpResponseBase]


def staff(request: HttpRequest) -> StaffUser:
    """Return the signed-in member of staff; raises 404 for anybody else."""
    if not request.user.is_authenticated:
        raise Http404
    return request.user


def roles_of(user: StaffUser) -> frozenset[Role]:
    """Return the roles a user holds now."""
    return frozenset(
        Role(role)
        for role in Mandate.objects.live().filter(user=user).values_list("role", flat=True)
    )


def has_role(user: StaffUser, *roles: Role) -> bool:
    """Tell whether the user holds one of these roles now."""
    return Mandate.objects.live().filter(user=user, role__in=roles).exists()


def post_ids_of(user: StaffUser) -> list[int]:
    """Return the posts whose people this user may see now."""
    mandates = Mandate.objects.live().filter(user=user, role=Role.OFFICER)
    return list(mandates.values_list("post_id", flat=True))


def role_required(*roles: Role) -> Callable[[View], View]:
    """Let only holders of one of these roles in; others get 404, strangers the sign-in page."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not has_role(staff(request), *roles):
                raise Http404
            return view(request, *args, **kwargs)

        guarded.required_roles = roles  # type: ignore[attr-defined]
        return guarded

    return decorate


def fresh_sign_in_required(view: View) -> View:
    """Ask for password or code again before a dangerous act, unless that was minutes ago.

    What was typed waits in the session meanwhile and is taken up afterwards.
    """
    return cast(View, reauthentication_required(view))
