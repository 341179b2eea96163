"""My registration, the parts that know of messages: what was sent to me, and everything held."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from audit.recording import Actor
from notifications.holdings import messages_to
from notifications.services.handing_over import hand_over_record
from registry.models import Registrant
from registry.portal_sessions import fresh_proof_required, person_required


@require_safe
@person_required
def message_list(request: HttpRequest, person: Registrant) -> HttpResponse:
    """Which messages were sent to me, when, and what became of them."""
    context = {"sent_messages": messages_to(person.pk)}
    return render(request, "notifications/my_messages.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@person_required
@fresh_proof_required
def download(request: HttpRequest, person: Registrant) -> HttpResponse:
    """Everything held of me, as a file whose name says nothing."""
    if request.method != "POST":
        return render(request, "notifications/download.html")
    page = JsonResponse(
        hand_over_record(actor=Actor.person(person.pk), person=person),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
    )
    page["Content-Disposition"] = 'attachment; filename="record.json"'
    return page
