"""Two audiences, two realms: the portal and the consoles share no session and no cache rule.

Kept apart by path, so that a later split into separate processes is a settings change.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

GetResponse = Callable[[HttpRequest], HttpResponseBase]

STAFF_PREFIXES = ("/staff/", "/console/", "/ministry/", "/desk/")
STAFF, PORTAL = "staff", "portal"


def realm_of(path: str) -> str:
    """Return which realm a path belongs to."""
    return STAFF if path.startswith(STAFF_PREFIXES) else PORTAL


class HeadersMiddleware:
    """No page about anybody is ever kept by a browser or a proxy."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        response["Permissions-Policy"] = (
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        )
        return response


class RealmSessionMiddleware(SessionMiddleware):
    """One session cookie per realm, each with its own time limits.

    A session unused for the realm's idle time is emptied at the next request;
    a staff session also ends a fixed time after sign-in.
    """

    def process_request(self, request: HttpRequest) -> None:
        realm = realm_of(request.path_info)
        request.realm = realm  # type: ignore[attr-defined]
        key = request.COOKIES.get(self.cookie_name(realm))
        request.session = self.SessionStore(key)
        # Reading the session of a visitor without a cookie would cost a query for nothing.
        if key is None:
            return
        now = time.time()
        idle = (
            settings.STAFF_SESSION_IDLE_SECONDS
            if realm == STAFF
            else settings.PORTAL_SESSION_IDLE_SECONDS
        )
        seen = request.session.get("seen_at")
        began = request.session.get("began_at", now)
        too_old = realm == STAFF and now - began > settings.STAFF_SESSION_ABSOLUTE_SECONDS
        if (seen is not None and now - seen > idle) or too_old:
            request.session.flush()

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        # What any cache may keep must never carry somebody's cookie.
        if getattr(response, "is_the_same_for_all", False):
            return response
        session = request.session
        realm = realm_of(request.path_info)
        name, path = self.cookie_name(realm), "/"
        empty = session.is_empty()
        if name in request.COOKIES and empty:
            response.delete_cookie(name, path=path, samesite="Lax")
            patch_vary_headers(response, ("Cookie",))
            return response
        if session.accessed:
            patch_vary_headers(response, ("Cookie",))
        if empty or response.status_code >= 500:
            return response
        now = int(time.time())
        # Once a minute is often enough for an idle limit, and spares a write per page.
        if session.modified or now - session.get("seen_at", 0) > 60:
            session["seen_at"] = now
            session.setdefault("began_at", now)
            session.save()
            response.set_cookie(
                name,
                session.session_key or "",
                max_age=None,
                path=path,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response

    @staticmethod
    def cookie_name(realm: str) -> str:
        """Return the name of a realm's session cookie."""
        return f"{realm}_session"


class LanguageMiddleware:
    """The language the person chose, kept in a cookie; else what their browser asks for."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        offered = dict(settings.LANGUAGES)
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in offered else translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                response = response.render()
        response.headers.setdefault("Content-Language", language)
        # A public page with its language in the address is the same for everybody.
        if not getattr(response, "is_the_same_for_all", False):
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response
