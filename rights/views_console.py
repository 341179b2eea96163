"""The rights desk: the queues, one request, and entering one for somebody at the counter."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import has_role, role_required, staff
from accounts.models import Role
from notifications.services.handing_over import hand_over_record
from registry.access import person_visible_to
from registry.console_sessions import is_open, may_still_send
from registry.rows import masked_rows
from registry.views.console_records import opened_too_long_ago
from rights.access import person_at_counter, request_visible_to
from rights.forms import CounterForm, RefuseForm, purpose_words
from rights.models import Ground, Right, Way
from rights.queues import MOST_SHOWN, QUEUES, queue_of, rows_of
from rights.services import (
    RequestDecided,
    SecondPersonNeeded,
    answer_request,
    ask_for_right,
    lift_lock,
)

_DESK = (Role.OFFICER, Role.DATA_PROTECTION)
_HANDED_OVER = frozenset({Right.ACCESS, Right.PORTABILITY})


@role_required(*_DESK)
@require_GET
def list_(request: HttpRequest, queue: str = "open") -> HttpResponse:
    """One queue, whatever is due first at the top."""
    if queue not in QUEUES:
        raise Http404
    user = staff(request)
    context = {
        "queue": queue,
        "title": QUEUES[queue],
        "queues": QUEUES.items(),
        "rows": rows_of(user, queue_of(user, queue)[:MOST_SHOWN]),
    }
    return render(request, "rights/requests.html", context)


@role_required(*_DESK)
@require_GET
def show(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """One request and what can be done with it."""
    return _page(request, request_id, RefuseForm())


@role_required(*_DESK)
@require_POST
def answer(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Grant a request, or refuse it on a ground."""
    is_granted = request.POST.get("decision") == "grant"
    form = RefuseForm(request.POST)
    if not is_granted and not form.is_valid():
        return _page(request, request_id, form)
    try:
        answer_request(
            actor=staff(request),
            request_id=request_id,
            is_granted=is_granted,
            ground=None if is_granted else Ground(form.cleaned_data["ground"]),
        )
    except RequestDecided:
        messages.error(request, _("Somebody answered this meanwhile."))
    except SecondPersonNeeded:
        messages.error(request, _("You entered this. Somebody else must decide it."))
    else:
        messages.success(request, _("The answer is noted."))
    return redirect("rights:request-list")


@role_required(Role.OFFICER)
@require_POST
def hand_over(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Give everything held of the person as a file, to hand over or print."""
    user = staff(request)
    asked = request_visible_to(user, request_id)
    if asked.right not in _HANDED_OVER or asked.way != Way.COUNTER:
        raise Http404
    if not is_open(request.session, asked.person_id):
        return redirect("console:record-show", asked.person_id)
    person = person_visible_to(user, asked.person_id)
    held = hand_over_record(actor=user.actor, person=person)
    name = {"Content-Disposition": 'attachment; filename="record.json"'}
    return JsonResponse(held, json_dumps_params={"ensure_ascii": False, "indent": 1}, headers=name)


@role_required(Role.OFFICER)
@require_http_methods(["GET", "POST"])
def counter(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Enter for somebody what they ask for at the counter."""
    user = staff(request)
    person = person_at_counter(user, person_id)
    is_locked = person.restricted_at is not None
    if request.method == "GET" and not is_locked and not is_open(request.session, person_id):
        return redirect("console:record-show", person_id)
    form = CounterForm(request.POST if request.method == "POST" else None)
    if (
        request.method == "POST"
        and not is_locked
        and not may_still_send(request.session, person_id)
    ):
        form.add_error(None, opened_too_long_ago())
    if form.is_valid():
        right = Right(form.cleaned_data["right"])
        asked = ask_for_right(
            actor=user.actor,
            person=person,
            right=right,
            way=Way.COUNTER,
            purpose_code=form.cleaned_data["purpose"] if right == Right.OBJECTION else "",
            entered=form.entered_by(user),
        )
        messages.success(request, _("The request is noted, and its clock runs."))
        return redirect("rights:request-show", asked.pk)
    rows = masked_rows(user, [person])
    context = {"form": form, "row": rows[0] if rows else None, "is_locked": is_locked}
    return render(request, "rights/counter.html", context | {"person_id": person_id})


@role_required(Role.OFFICER)
@require_POST
def lift(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Unlock a record for the person at the counter."""
    user = staff(request)
    person = person_at_counter(user, person_id)
    if lift_lock(actor=user.actor, person=person):
        messages.success(request, _("The record is unlocked."))
    return redirect("console:record-show", person_id)


def _page(request: HttpRequest, request_id: UUID, form: RefuseForm) -> HttpResponse:
    user = staff(request)
    asked = request_visible_to(user, request_id)
    oversees = has_role(user, Role.DATA_PROTECTION)
    context = {
        "asked": asked,
        "row": rows_of(user, [asked])[0],
        "purpose": purpose_words(asked.purpose_code) if asked.purpose_code else "",
        "form": form,
        "may_decide": oversees or not asked.is_for_oversight,
        "may_hand_over": not oversees and asked.right in _HANDED_OVER and asked.way == Way.COUNTER,
        "is_open": is_open(request.session, asked.person_id),
        "identity": asked.get_identity_display(),
    }
    return render(request, "rights/request.html", context)
