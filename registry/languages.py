"""The language of a page whose form carries its own language buttons, or that a message led to.

Buttons of the page's own form send what was typed along, so that changing the
language loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

_ONE_YEAR = 365 * 24 * 3600
BUTTON = "language"
SHOWN_IN = "shown_in"


def asked_for(request: HttpRequest) -> str | None:
    """Return the language whose button in the page's form was pressed, or None."""
    language = request.POST.get(BUTTON)
    return language if language in dict(settings.LANGUAGES) else None


def shown_in(request: HttpRequest) -> str | None:
    """Return the language the words of a sent form were shown in, if it is not the page's now.

    Somebody may have changed the language in another window meanwhile; what they
    agreed to are the words they saw.
    """
    language = request.POST.get(SHOWN_IN)
    is_other = language in dict(settings.LANGUAGES) and language != translation.get_language()
    return language if is_other else None


def chosen(request: HttpRequest) -> str | None:
    """Return the language the visitor once chose on this device, or None."""
    language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    return language if language in dict(settings.LANGUAGES) else None


def speak(language: str, make_page: Callable[[], HttpResponse]) -> HttpResponse:
    """Return the page made in a language other than the request's."""
    with translation.override(language):
        page = make_page()
    page["Content-Language"] = language
    return page


def keep(page: HttpResponse, language: str) -> HttpResponse:
    """Remember the language on the visitor's device and return the page."""
    page.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=_ONE_YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return page
