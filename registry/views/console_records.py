"""One person's record: why it is opened, what stands in it, and noting a call."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import role_required, staff
from accounts.models import Role
from encryption.keyring import Erased
from registry.access import TooManyRecords, open_record, person_visible_to
from registry.console_sessions import is_open, may_still_send, note_opened
from registry.forms.console import CallForm, ReasonForm
from registry.models import CallOutcome, LookReason, Registrant
from registry.rows import masked_rows
from registry.services.contacting import log_call
from registry.views.console_sheet import record_context


@role_required(Role.OFFICER)
@require_GET
def show(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Show a record that was opened minutes ago; else ask why it is to be opened."""
    person = person_visible_to(staff(request), person_id)
    if not is_open(request.session, person_id):
        return _ask_reason(request, person, ReasonForm())
    try:
        context = record_context(person)
    except Erased:
        raise Http404 from None
    return render(request, "registry/console/record.html", context)


@role_required(Role.OFFICER)
@require_POST
def open_(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Open a record for a reason."""
    user = staff(request)
    person = person_visible_to(user, person_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _ask_reason(request, person, form)
    try:
        open_record(user, person_id, LookReason(form.cleaned_data["reason"]))
    except TooManyRecords as limit:
        return render(request, "registry/console/too_many.html", {"limit": limit}, status=429)
    note_opened(request.session, person_id)
    return redirect("console:record-show", person_id)


@role_required(Role.OFFICER)
@require_http_methods(["GET", "POST"])
def call(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Note how a call to the person ended."""
    user = staff(request)
    person = person_visible_to(user, person_id)
    if request.method == "GET":
        if not is_open(request.session, person_id):
            return redirect("console:record-show", person_id)
        return _call_page(request, person, CallForm())
    form = CallForm(request.POST)
    if not may_still_send(request.session, person_id):
        form.add_error(None, opened_too_long_ago())
    if not form.is_valid():
        return _call_page(request, person, form)
    log_call(
        actor=user,
        person=person,
        entry_id=form.cleaned_data["entry"],
        outcome=CallOutcome(form.cleaned_data["outcome"]),
        note=form.cleaned_data["note"],
    )
    messages.success(request, _("The call is noted."))
    return redirect("console:record-show", person_id)


def opened_too_long_ago() -> str:
    """Return the sentence for something written into a record that has closed meanwhile."""
    return _(
        "The record has closed meanwhile. Open it again in another tab, then send this page "
        "once more. What you wrote is still here."
    )


def _ask_reason(request: HttpRequest, person: Registrant, form: ReasonForm) -> HttpResponse:
    rows = masked_rows(staff(request), [person])
    if not rows:
        raise Http404
    return render(request, "registry/console/reason.html", {"form": form, "row": rows[0]})


def _call_page(request: HttpRequest, person: Registrant, form: CallForm) -> HttpResponse:
    return render(request, "registry/console/call.html", {"form": form, "person_id": person.pk})
