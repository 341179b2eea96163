"""My rights: each one press away, and what became of what I asked for."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.recording import Actor
from notifications.override_uses import uses_of
from registry import portal_sessions
from registry.models import Registrant
from rights.forms import purpose_choices, purpose_words
from rights.models import Right, RightsRequest, State, Way
from rights.services import ask_for_right, lift_lock

MOST_SHOWN = 50
# Those that have a page of their own elsewhere are not asked for here.
_ASKED_HERE = frozenset({Right.CORRECTION, Right.RESTRICTION, Right.OBJECTION})


@require_safe
@portal_sessions.person_required
def show(request: HttpRequest, person: Registrant) -> HttpResponse:
    """Every right on one page."""
    asked = RightsRequest.objects.filter(person_id=person.pk).order_by("-asked_at")[:MOST_SHOWN]
    context = {
        "is_locked": person.restricted_at is not None,
        "purposes": purpose_choices(),
        "uses": uses_of(person.pk),
        "asked": [
            {
                "right": Right(each.right).label,
                "purpose": purpose_words(each.purpose_code) if each.purpose_code else "",
                "state": State(each.state).label,
                "is_open": each.state == State.OPEN,
                "ground": each.get_ground_display(),
                "asked_at": each.asked_at,
                "due_at": each.due_at,
                "decided_at": each.decided_at,
            }
            for each in asked
        ],
    }
    return render(request, "rights/my_rights.html", context)


@require_POST
@portal_sessions.person_required
def ask(request: HttpRequest, person: Registrant, right: str) -> HttpResponse:
    """Ask for one right. A lock counts from this moment."""
    if right not in _ASKED_HERE:
        raise Http404
    try:
        ask_for_right(
            actor=Actor.person(person.pk),
            person=person,
            right=Right(right),
            way=Way.WEB,
            purpose_code=request.POST.get("purpose", "") if right == Right.OBJECTION else "",
        )
    except ValueError:
        raise Http404 from None
    if right == Right.CORRECTION:
        messages.success(request, _("Your consulate will get in touch with you."))
    else:
        messages.success(request, _("Your record is locked. It counts from now on."))
    return _to_my_rights()


@require_POST
@portal_sessions.person_required
@portal_sessions.fresh_proof_required
def lift(request: HttpRequest, person: Registrant) -> HttpResponse:
    """Unlock my record."""
    if lift_lock(actor=Actor.person(person.pk), person=person):
        messages.success(request, _("Your record is unlocked."))
    return _to_my_rights()


def _to_my_rights() -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("rights:right-list"))
