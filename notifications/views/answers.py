"""The page behind the personal link in a message: I am safe, or I need help."""

from __future__ import annotations

import datetime

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from audit.recording import Actor
from notifications.forms.answers import AnswerForm
from notifications.models import AnswerState, AnswerVia
from notifications.questions import Question, Standing, question_of
from notifications.services.answering import record_answer
from notifications.views.freshness import ask_or_note, asked_by
from registry import languages, throttling


# The reference in the address is the secret that proves the right to answer, and it is in no
# cookie; a form token would only shut out phones that refuse cookies.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask, and record on POST only: mail scanners open links."""
    if stay := asked_by(reference):
        language = languages.chosen(request) or stay[0].language
        return languages.speak(language, lambda: ask_or_note(request, *stay))
    question = question_of(reference)
    if question is None:
        raise Http404
    language = languages.chosen(request) or question.delivery.language
    return languages.speak(language, lambda: _answered(request, question))


def _answered(request: HttpRequest, question: Question) -> HttpResponse:
    if question.standing is not Standing.OPEN:
        context = {
            "is_over": question.standing is Standing.OVER,
            "is_exercise": question.delivery.dispatch.is_exercise,
        }
        return render(request, "notifications/answer_closed.html", context, status=410)
    if request.method != "POST":
        return _page(request, question, AnswerForm())
    form = AnswerForm(request.POST)
    is_clean = form.is_valid()
    state = request.POST.get("state")
    if state not in AnswerState.values:
        return _page(request, question, form, is_unclear=True)
    if throttling.is_within(throttling.ANSWERING_PER_LINK, f"{question.delivery.pk}"):
        record_answer(
            actor=Actor.person(question.delivery.registrant_id),
            crisis_id=question.crisis.pk,
            person_ids=[question.delivery.registrant_id],
            state=AnswerState(state),
            via=AnswerVia.LINK,
            words=form.usable("words"),
            place=form.usable("place"),
        )
    if is_clean:
        return HttpResponseRedirect(request.path)
    # The answer counts whatever is wrong with the words beside it.
    return _page(request, question, form, noted=AnswerState(state))


def _is_minutes_old(question: Question) -> bool:
    at = question.answered_at
    return at is not None and timezone.now() - at >= datetime.timedelta(minutes=1)


def _page(
    request: HttpRequest,
    question: Question,
    form: AnswerForm,
    *,
    is_unclear: bool = False,
    noted: AnswerState | None = None,
) -> HttpResponse:
    state = noted or question.answered
    context = {
        "form": form,
        "crisis": question.crisis,
        "is_exercise": question.delivery.dispatch.is_exercise,
        "is_unclear": is_unclear,
        "is_answered": state is not None,
        "needs_help": state == AnswerState.HELP,
        "answered_at": question.answered_at if _is_minutes_old(question) and not noted else None,
    }
    return render(request, "notifications/answer.html", context)
