"""The first page, and the two screens on which somebody registers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from audit.recording import Actor
from consent.services import Choice, choices_for, core_notice
from geography.forms import SHOW_AREAS, as_typed, asks_for_areas
from registry import languages, portal_sessions, selectors, throttling
from registry.forms.portal import (
    WhereForm,
    WhoForm,
    as_sent,
    purposes_for,
    registration_of,
    typed_into,
)
from registry.forms.portal_keeping import TOO_MANY_TRIES
from registry.models import RegistrationDraft
from registry.services.finishing import finish_draft
from registry.services.registering import keep_draft, start_draft

GO, BACK = "go", "back"


@require_safe
@gzip_page
def home(request: HttpRequest) -> HttpResponse:
    """What registering is, what it is not, and what we promise."""
    return render(request, "registry/home.html")


@require_http_methods(["GET", "HEAD", "POST"])
@gzip_page
def start(request: HttpRequest) -> HttpResponse:
    """The first screen: where are you, and how do we reach you?"""
    draft = _draft_of(request)
    if request.method != "POST":
        kept = as_sent(draft.answers["where"]) if draft else None
        return _where_page(request, WhereForm(kept))
    form = WhereForm(request.POST)
    if language := languages.asked_for(request):
        unchecked = WhereForm(initial=as_typed(form))
        page = languages.speak(language, lambda: _where_page(request, unchecked))
        return languages.keep(page, language)
    if asks_for_areas(request.POST):
        return _where_page(request, WhereForm(initial=as_typed(form)))
    if not form.is_valid():
        return _where_page(request, form)
    if not throttling.may_register(request):
        form.add_error(None, TOO_MANY_TRIES)
        return _where_page(request, form, status=429)
    answers = {"where": typed_into(form)}
    if draft is None:
        draft = start_draft(language=_language(), answers=answers)
        portal_sessions.remember_draft(request, draft.pk)
    else:
        keep_draft(draft=draft, answers=answers)
    return HttpResponseRedirect(reverse("registry:registration-finish"))


@require_http_methods(["GET", "HEAD", "POST"])
@gzip_page
def finish(request: HttpRequest) -> HttpResponse:
    """The second screen: who are you, and what may we do? Sending it registers the person."""
    if language := languages.shown_in(request):
        return languages.speak(language, lambda: _finish(request))
    return _finish(request)


def _finish(request: HttpRequest) -> HttpResponse:
    draft = _draft_of(request)
    if draft is None:
        return _no_draft(request)
    where = WhereForm(as_sent(draft.answers["where"]))
    if not where.is_valid():
        # A day has passed since: the first screen says what is no longer right.
        return HttpResponseRedirect(reverse("registry:registration-start"))
    codes = purposes_for(where.contact_entries())
    if request.method != "POST":
        sent = WhoForm(as_sent(draft.answers.get("who", {})), choices=_choices(codes))
        initial = as_typed(sent) if "who" in draft.answers else None
        return _who_page(request, WhoForm(initial=initial, choices=_choices(codes)))
    form = WhoForm(request.POST, choices=_choices(codes))
    if language := languages.asked_for(request):
        return languages.keep(
            languages.speak(
                language,
                lambda: _who_page(
                    request, WhoForm(initial=as_typed(form), choices=_choices(codes))
                ),
            ),
            language,
        )
    if request.POST.get(GO) == BACK:
        keep_draft(draft=draft, answers={"who": typed_into(form)})
        return HttpResponseRedirect(reverse("registry:registration-start"))
    if not form.is_valid():
        return _who_page(request, form)
    if not throttling.may_register(request):
        form.add_error(None, TOO_MANY_TRIES)
        return _who_page(request, form, status=429)
    _person, proofs = finish_draft(
        actor=Actor.person(draft.pk),
        registration=registration_of(draft.pk, _language(), where, form),
    )
    for proof in proofs:
        portal_sessions.remember_proof(request, proof)
    return HttpResponseRedirect(reverse("registry:registration-done"))


def _draft_of(request: HttpRequest) -> RegistrationDraft | None:
    draft_id = portal_sessions.draft_id(request)
    return selectors.draft(draft_id) if draft_id else None


def _no_draft(request: HttpRequest) -> HttpResponse:
    """Lead on somebody whose draft has become a person; tell others that it is gone."""
    person_id = portal_sessions.draft_id(request)
    if person_id is not None and selectors.person(person_id) is not None:
        return HttpResponseRedirect(reverse("registry:registration-done"))
    return render(request, "registry/draft_gone.html", status=410)


def _where_page(request: HttpRequest, form: WhereForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "show_areas": SHOW_AREAS}
    return render(request, "registry/where.html", context, status=status)


def _who_page(request: HttpRequest, form: WhoForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "core_notice": core_notice(_language())}
    return render(request, "registry/who.html", context, status=status)


def _choices(codes: list[str]) -> list[Choice]:
    return choices_for(_language(), codes)


def _language() -> str:
    language = get_language()
    assert language is not None
    return language
