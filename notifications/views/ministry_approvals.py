"""The second person: what waits, everything about it, and the number to type."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import has_role, staff
from accounts.models import Role
from crises.selectors import affected_places_in_words
from crises.services import NotAllowed
from notifications.access import broadcast_for, queue_for
from notifications.forms.ministry import ApprovalForm, ReturnForm
from notifications.models import Broadcast, BroadcastState
from notifications.services.broadcasting import approve_broadcast, return_broadcast
from notifications.views.ministry import crisis_page, ministry, no_longer, refused
from notifications.views.ministry_broadcasts import broadcast_context


@ministry
@require_GET
def approval_list(request: HttpRequest) -> HttpResponse:
    """What waits for a second person, real messages and exercises apart."""
    queue = queue_for(staff(request))
    shown = [(broadcast, affected_places_in_words(broadcast.crisis)) for broadcast in queue.for_me]
    return render(
        request,
        "notifications/ministry/approval_list.html",
        {
            "real": [row for row in shown if not row[0].is_exercise],
            "exercises": [row for row in shown if row[0].is_exercise],
            "my_own": queue.my_own,
            "may_approve": has_role(staff(request), Role.APPROVER),
        },
    )


@ministry
@require_http_methods(["GET", "POST"])
def broadcast_approve(request: HttpRequest, broadcast_id: UUID) -> HttpResponse:
    """Release a broadcast by typing how many people it goes to."""
    broadcast = broadcast_for(staff(request), broadcast_id)
    refusal = _refusal(request, broadcast)
    if refusal is not None:
        return refusal
    form = ApprovalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            approve_broadcast(
                actor=staff(request),
                broadcast=broadcast,
                typed_count=form.cleaned_data["typed_count"],
            )
        except NotAllowed:
            return no_longer(request, broadcast.crisis)
        except ValidationError as error:
            form.add_error("typed_count", error)
        else:
            return redirect("ministry:board-show", broadcast.public_id)
    return _approval(request, broadcast, form=form)


@ministry
@require_POST
def broadcast_return(request: HttpRequest, broadcast_id: UUID) -> HttpResponse:
    """Send a broadcast back to its author with a note."""
    broadcast = broadcast_for(staff(request), broadcast_id)
    refusal = _refusal(request, broadcast)
    if refusal is not None:
        return refusal
    form = ReturnForm(request.POST)
    if not form.is_valid():
        return _approval(request, broadcast, return_form=form)
    try:
        return_broadcast(actor=staff(request), broadcast=broadcast, note=form.cleaned_data["note"])
    except NotAllowed:
        return no_longer(request, broadcast.crisis)
    messages.success(request, _("Sent back to its author."))
    return redirect("ministry:approval-list")


def _refusal(request: HttpRequest, broadcast: Broadcast) -> HttpResponse | None:
    """Return the page that says why this user cannot decide on it, if they cannot."""
    user = staff(request)
    if broadcast.author_id == user.pk:
        return refused(
            request, broadcast.crisis, _("You wrote this message. Another person must approve it.")
        )
    if not has_role(user, Role.APPROVER):
        return refused(
            request, broadcast.crisis, _("Only people with the role of approver may do this.")
        )
    if broadcast.state == BroadcastState.APPROVED:
        return redirect("ministry:board-show", broadcast.public_id)
    if broadcast.state != BroadcastState.SUBMITTED:
        return refused(request, broadcast.crisis, _("This message is not waiting for approval."))
    return None


def _approval(
    request: HttpRequest,
    broadcast: Broadcast,
    *,
    form: ApprovalForm | None = None,
    return_form: ReturnForm | None = None,
) -> HttpResponse:
    # An exercise has a page of its own: no habit learnt there may release a real alert.
    template = "exercise_approve.html" if broadcast.is_exercise else "broadcast_approve.html"
    approval = form or ApprovalForm()
    sending_back = return_form or ReturnForm()
    return crisis_page(
        request,
        template,
        broadcast.crisis,
        {
            **broadcast_context(broadcast),
            "approval_form": approval,
            "return_form": sending_back,
            # Whose errors the summary tells.
            "form": sending_back if sending_back.is_bound else approval,
        },
    )
