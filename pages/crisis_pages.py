"""Public pages of crises: what happened, what to do, when more will be known.

They show only what two people released and count nobody. With the language in its address a page
is the same for everybody, so that any cache may keep it while a flood of readers comes.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from crises.models import Crisis
from crises.selectors import affected_names, crisis_by_id
from geography.models import Post
from notifications.codes import spelled
from notifications.models import BroadcastKind
from notifications.publishing import message_with_code, messages_of
from pages.cap import cap_xml
from pages.forms import CodeForm
from registry import throttling

# For how long a cache may show a page that has changed since.
CACHE_SECONDS = 30


@require_safe
@gzip_page
def crises(request: HttpRequest, language: str | None = None) -> HttpResponse:
    """The real crises that are open."""
    chosen = _language(language)
    with translation.override(chosen):
        found = Crisis.objects.is_open().filter(is_exercise=False).prefetch_related("areas")
        context = {
            "crises": [
                {"crisis": crisis, "places": ", ".join(affected_names(crisis))} for crisis in found
            ],
            **_languages(chosen),
        }
        return _cacheable(render(request, "pages/crises.html", context), language)


@require_safe
@gzip_page
def crisis(request: HttpRequest, crisis_id: UUID, language: str | None = None) -> HttpResponse:
    """One crisis. Exercises have no public page."""
    found = crisis_by_id(crisis_id)
    if found is None or found.is_exercise:
        raise Http404
    chosen = _language(language)
    with translation.override(chosen):
        now = timezone.now()
        messages = messages_of(found, chosen)
        standing = [message for message in messages if not message.is_over(now)]
        context = {
            "crisis": found,
            "places": affected_names(found),
            "newest": standing[0] if standing else None,
            "is_all_clear": bool(standing) and standing[0].kind == BroadcastKind.ALL_CLEAR,
            "earlier": [message for message in messages if not standing or message != standing[0]],
            "updated_at": messages[0].released_at if messages else found.opened_at,
            "next_update_at": _still_to_come(found),
            "posts": _posts_of(found),
            **_languages(chosen),
        }
        return _cacheable(render(request, "pages/crisis.html", context), language)


@require_safe
def cap(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """One released message as CAP 1.2."""
    document = cap_xml(message_id)
    if document is None:
        raise Http404
    response = HttpResponse(document, content_type="application/cap+xml; charset=utf-8")
    patch_cache_control(response, public=True, max_age=CACHE_SECONDS)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@gzip_page
def check(request: HttpRequest) -> HttpResponse:
    """Is this message really from us? By its code, without signing in."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    context: dict[str, object] = {"form": form}
    if request.method == "POST" and form.is_valid():
        if not throttling.may_check(request):
            return render(request, "429.html", status=429)
        message = message_with_code(form.cleaned_data["code"], get_language() or "en")
        context["typed"] = spelled(form.cleaned_data["code"])
        context["message"] = message
        context["is_over"] = message is not None and message.is_over(timezone.now())
    return render(request, "pages/check.html", context)


def _posts_of(crisis: Crisis) -> list[dict[str, str]]:
    """Return the posts that look after the affected countries, with their public lines."""
    countries = {row.country_id for row in crisis.areas.all() if row.country_id}
    posts = Post.objects.open().filter(districts__country__in=countries).distinct()
    return [
        {"name": post.name_in(), "phone": post.phone, "email": post.email}
        for post in posts
        if post.phone or post.email
    ]


def _still_to_come(crisis: Crisis) -> object:
    at = crisis.next_update_at
    return at if at is not None and at > timezone.now() else None


def _language(in_address: str | None) -> str:
    if in_address is None:
        return get_language() or settings.LANGUAGE_CODE
    if in_address not in dict(settings.LANGUAGES):
        raise Http404
    return in_address


def _languages(chosen: str) -> dict[str, object]:
    return {"offered": settings.LANGUAGES, "chosen": chosen}


def _cacheable(response: HttpResponse, in_address: str | None) -> HttpResponse:
    if in_address is not None:
        patch_cache_control(response, public=True, max_age=CACHE_SECONDS)
        response["Content-Language"] = in_address
        # Neither a cookie nor what the browser asks for changes it (config.realms).
        response.is_the_same_for_all = True  # type: ignore[attr-defined]
    return response
