"""What I allow: one switch for each purpose, and every answer I ever gave."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.recording import Actor
from consent.receipts import as_kantara, as_ts27560
from consent.services import record_answers
from registry import languages, portal_sessions, selectors
from registry.models import Channel, Registrant
from registry.portal_sheet import answers_shown, receipt_shown
from registry.receipt_paper import receipt_pdf
from registry.registration import alert_purpose

ON, OFF = "on", "off"
# Off for every kind of alert, because a message would be a danger: for ever, whatever happens.
NEVER = "never"
_FORMS = {"ts27560": as_ts27560, "kantara": as_kantara}


@require_POST
@portal_sessions.person_required
def switch(request: HttpRequest, person: Registrant, purpose_code: str) -> HttpResponse:
    """Allow one thing, or no longer allow it. It counts from this moment."""
    answer = request.POST.get("answer")
    if answer not in (ON, OFF, NEVER):
        raise Http404
    answers = {purpose_code: answer == ON}
    if answer == NEVER:
        answers = {alert_purpose(channel): False for channel in Channel}
    language = languages.shown_in(request) or get_language() or "en"
    events = record_answers(
        actor=Actor.person(person.pk),
        subject_id=person.pk,
        language=language,
        answers=answers,
        channel="web",
        method="button",
        is_for_safety=answer == NEVER,
    )
    if not events:
        raise Http404
    if answer == ON:
        messages.success(request, _("Switched on."))
    elif answer == NEVER:
        messages.success(request, _("Noted. We send you no warning, whatever happens."))
    else:
        messages.success(request, _("Switched off. It counts from now on."))
    return HttpResponseRedirect(f"{reverse('registry:registration-show')}#choices")


@require_safe
@portal_sessions.person_required
def history(request: HttpRequest, person: Registrant) -> HttpResponse:
    """Every answer, with the words it was given to."""
    context = {"entries": answers_shown(selectors.consent_history(person.pk))}
    return render(request, "registry/consent_history.html", context)


@require_safe
@portal_sessions.person_required
def receipt(request: HttpRequest, person: Registrant, code: str) -> HttpResponse:
    """The full receipt of one answer: only the person who gave it gets here."""
    found = selectors.receipt_with(person.pk, code)
    if found is None:
        raise Http404
    context = {"receipt": found, "rows": receipt_shown(found)}
    return render(request, "registry/receipt.html", context)


@require_safe
@portal_sessions.person_required
def receipt_file(request: HttpRequest, person: Registrant, code: str, form: str) -> HttpResponse:
    """The receipt for other systems, in one of two standard forms."""
    found = selectors.receipt_with(person.pk, code)
    if found is None or form not in _FORMS:
        raise Http404
    # Its name says as little as the code does.
    name = {"Content-Disposition": f'attachment; filename="{found.code}.json"'}
    return JsonResponse(_FORMS[form](found), headers=name)


@require_safe
@portal_sessions.person_required
def receipt_paper(request: HttpRequest, person: Registrant, code: str) -> HttpResponse:
    """The receipt to print, in the language of the page."""
    found = selectors.receipt_with(person.pk, code)
    if found is None:
        raise Http404
    paper = receipt_pdf(
        title=_("Receipt"),
        sentence=found.sentence,
        sentence_language=found.language,
        rows=receipt_shown(found),
        language=get_language() or "en",
    )
    # Its name says as little as the code does.
    name = {"Content-Disposition": f'attachment; filename="{found.code}.pdf"'}
    return HttpResponse(paper, content_type="application/pdf", headers=name)
