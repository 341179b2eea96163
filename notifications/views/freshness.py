"""The page behind "are you still there?": three buttons, no sign-in, and nothing to read.

The link knows whose stay it is and does not say it: whoever finds the message learns no place.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from audit.recording import Actor
from notifications.links import delivery_of
from notifications.models import Delivery, MessageKind, StayAnswer, StayQuestion
from notifications.questions import LINK_LIFE
from notifications.services.freshening import answer_stay_question
from walls.scopes import admit


def asked_by(reference: str) -> tuple[Delivery, StayQuestion | None] | None:
    """Return the delivery of a "still there?" link and its question; None for other links.

    The question is None once the stay, or the person, is gone.
    """
    named = delivery_of(reference)
    if named is None:
        return None
    delivery = (
        Delivery.objects.filter(
            dispatch_id=named[0], seq=named[1], dispatch__message__kind=MessageKind.STILL_HERE
        )
        .select_related("dispatch")
        .first()
    )
    if delivery is None:
        return None
    # The reference is a secret of that person.
    admit(delivery.registrant_id)
    question = StayQuestion.objects.filter(dispatch_id=named[0]).select_related("stay").first()
    return delivery, question


def ask_or_note(
    request: HttpRequest, delivery: Delivery, question: StayQuestion | None
) -> HttpResponse:
    """Ask, or take the answer. A link that was used, or is old, takes none."""
    if question is None or not _is_open(question):
        return _page(request, status=410, is_closed=True)
    answer = request.POST.get("answer", "")
    if request.method != "POST":
        return _page(request)
    if answer not in StayAnswer.values:
        return _page(request, is_unclear=True)
    is_taken = answer_stay_question(
        actor=Actor.person(delivery.registrant_id), question=question, answer=StayAnswer(answer)
    )
    if not is_taken:
        return _page(request, status=410, is_closed=True)
    return _page(request, answer=answer)


def _is_open(question: StayQuestion) -> bool:
    is_young = timezone.now() - question.asked_at <= LINK_LIFE
    return is_young and question.answered_at is None and question.stay.ended_at is None


def _page(
    request: HttpRequest,
    *,
    status: int = 200,
    is_closed: bool = False,
    is_unclear: bool = False,
    answer: str = "",
) -> HttpResponse:
    context = {"is_closed": is_closed, "is_unclear": is_unclear, "answer": answer}
    return render(request, "notifications/still_here.html", context, status=status)
