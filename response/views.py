"""The pages of cases: the queues, one case, opening and closing one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import role_required, staff
from accounts.models import Role, StaffUser
from encryption.sealed_models import share_key_page
from registry.access import person_visible_to
from registry.console_sessions import is_open, may_still_send
from registry.unreadable import marked
from registry.views.console_records import opened_too_long_ago
from response import services
from response.access import case_visible_to, cases_visible_to, colleagues_of
from response.forms import CloseForm, GiveForm, OpenCaseForm, StepForm
from response.models import Case, EntryKind, NextStep, Origin, Outcome, Urgency
from response.queues import MOST_SHOWN, QUEUES, queue_counts, queue_of, rows_of
from response.services import CaseClosed


@role_required(Role.OFFICER)
@require_GET
def list_(request: HttpRequest, queue: str = "unowned") -> HttpResponse:
    """One queue of the user's posts, the most urgent first."""
    if queue not in QUEUES:
        raise Http404
    user = staff(request)
    cases = list(queue_of(user, queue).select_related("owner")[:MOST_SHOWN])
    context = {
        "queue": queue,
        "title": QUEUES[queue],
        "counts": queue_counts(user),
        "rows": rows_of(user, cases),
        "most_shown": MOST_SHOWN,
    }
    return render(request, "response/cases.html", context)


@role_required(Role.OFFICER)
@require_GET
def show(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """One case: facts and acts. Its notes are read where the record was opened."""
    return _page(request, case_visible_to(staff(request), case_id))


@role_required(Role.OFFICER)
@require_POST
def take(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Become the owner."""
    try:
        services.take_case(actor=staff(request), case_id=case_id)
    except CaseClosed:
        _say_closed(request)
    return redirect("response:case-show", case_id)


@role_required(Role.OFFICER)
@require_POST
def give(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Give the case to a colleague."""
    case = case_visible_to(staff(request), case_id)
    colleagues = colleagues_of(case)
    form = GiveForm(request.POST, colleagues=colleagues)
    if not form.is_valid():
        return _page(request, case, give=form)
    chosen = next(user for user in colleagues if user.pk == form.cleaned_data["owner"])
    try:
        services.give_case(actor=staff(request), case_id=case_id, owner=chosen)
    except CaseClosed:
        _say_closed(request)
    return redirect("response:case-show", case_id)


@role_required(Role.OFFICER)
@require_POST
def plan(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Note the next step."""
    case = case_visible_to(staff(request), case_id)
    form = StepForm(request.POST)
    if not form.is_valid():
        return _page(request, case, step=form)
    try:
        services.plan_step(
            actor=staff(request),
            case_id=case_id,
            next_step=NextStep(form.cleaned_data["next_step"]),
            next_at=form.next_at,
            urgency=Urgency(form.cleaned_data["urgency"]),
            note=form.cleaned_data["note"],
        )
    except CaseClosed:
        _say_closed(request)
    return redirect("response:case-show", case_id)


@role_required(Role.OFFICER)
@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Ask how it ended, and close the case."""
    case = case_visible_to(staff(request), case_id)
    form = CloseForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "response/case_close.html", {"form": form, "case": case})
    try:
        services.close_case(
            actor=staff(request),
            case_id=case_id,
            outcome=Outcome(form.cleaned_data["outcome"]),
            note=form.cleaned_data["note"],
        )
    except CaseClosed:
        _say_closed(request)
    else:
        messages.success(request, _("The case is closed."))
    return redirect("response:case-list")


@role_required(Role.OFFICER)
@require_GET
def of_person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """The cases of one person, newest first."""
    user = staff(request)
    person = person_visible_to(user, person_id)
    cases = cases_visible_to(user).filter(registrant=person).order_by("-opened_at")[:MOST_SHOWN]
    context = {
        "person_id": person_id,
        "cases": [
            {
                "id": case.pk,
                "origin": Origin(case.origin).label,
                "opened_at": case.opened_at,
                "outcome": Outcome(case.outcome).label if case.outcome else "",
            }
            for case in cases
        ],
    }
    return render(request, "response/cases_of_person.html", context)


@role_required(Role.OFFICER)
@require_http_methods(["GET", "POST"])
def open_(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Open a case for somebody whose record is open."""
    user = staff(request)
    person = person_visible_to(user, person_id)
    if request.method == "GET":
        if not is_open(request.session, person_id):
            return redirect("console:record-show", person_id)
        return _open_page(request, person_id, OpenCaseForm())
    form = OpenCaseForm(request.POST)
    if not may_still_send(request.session, person_id):
        form.add_error(None, opened_too_long_ago())
    if not form.is_valid():
        return _open_page(request, person_id, form)
    case = services.open_case(
        actor=user,
        person=person,
        entry_id=form.cleaned_data["entry"],
        origin=Origin(form.cleaned_data["origin"]),
        urgency=Urgency(form.cleaned_data["urgency"]),
        next_step=NextStep(form.cleaned_data["next_step"]),
        note=form.cleaned_data["note"],
    )
    return redirect("response:case-show", case.pk)


def _page(
    request: HttpRequest, case: Case, *, give: GiveForm | None = None, step: StepForm | None = None
) -> HttpResponse:
    user = staff(request)
    may_read = is_open(request.session, case.registrant_id)
    initial = {"next_step": case.next_step or NextStep.CALL, "urgency": case.urgency}
    context = {
        "case": case,
        "row": rows_of(user, [case])[0],
        "outcome": Outcome(case.outcome).label if case.outcome else "",
        "is_mine": case.owner_id == user.pk,
        "may_read": may_read,
        "entries": _entries(case, user, may_read=may_read),
        "give": give or GiveForm(colleagues=colleagues_of(case)),
        "step": step or StepForm(initial=initial),
    }
    return render(request, "response/case.html", context)


def _entries(case: Case, user: StaffUser, *, may_read: bool) -> list[dict[str, Any]]:
    entries = list(case.entries.select_related("by").order_by("-at", "-pk"))
    share_key_page(entries)
    with marked():
        return [
            {
                "at": entry.at,
                "title": EntryKind(entry.kind).label,
                "by": entry.by.name if entry.by else "",
                "text": entry.note if may_read else "",
            }
            for entry in entries
        ]


def _open_page(request: HttpRequest, person_id: UUID, form: OpenCaseForm) -> HttpResponse:
    return render(request, "response/case_open.html", {"form": form, "person_id": person_id})


def _say_closed(request: HttpRequest) -> None:
    messages.error(request, _("Somebody closed this case meanwhile."))
