"""Lists of people: asked for by one officer, agreed by another of another body, fetched sealed."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import fresh_sign_in_required, role_required, staff
from accounts.models import Role
from disclosure import services
from disclosure.access import bodies_of, list_visible_to, lists_visible_to
from disclosure.forms import AskForm, DecideForm
from disclosure.models import MOST_PEOPLE, ListPurpose, ListState
from disclosure.services import ListRefused

_MOST_SHOWN = 50


@role_required(Role.OFFICER, Role.APPROVER)
@require_GET
def list_(request: HttpRequest) -> HttpResponse:
    """Lists of my posts, and those that wait for a second officer."""
    lists = lists_visible_to(staff(request)).order_by("-asked_at")[:_MOST_SHOWN]
    return render(request, "disclosure/lists.html", {"lists": lists})


@role_required(Role.OFFICER)
@require_http_methods(["GET", "POST"])
@fresh_sign_in_required
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a list."""
    user = staff(request)
    form = AskForm(request.POST if request.method == "POST" else None, user=user)
    if form.is_valid():
        chosen = form.cleaned_data
        try:
            asked = services.ask_for_list(
                actor=user,
                crisis=chosen["crisis"],
                post=chosen["post"],
                recipient=chosen["recipient"],
                purpose=ListPurpose(chosen["purpose"]),
                hours=chosen["hours"],
            )
        except ListRefused as refused:
            form.add_error("crisis", _reason(refused))
        else:
            messages.success(request, _("An officer of another post or the ministry must agree."))
            return redirect("disclosure:list-show", asked.pk)
    return render(request, "disclosure/ask.html", {"form": form, "most": MOST_PEOPLE})


@role_required(Role.OFFICER, Role.APPROVER)
@require_GET
def show(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """One list: facts, and what can be done. Never its people."""
    return _page(request, list_id, DecideForm())


@role_required(Role.OFFICER, Role.APPROVER)
@require_POST
@fresh_sign_in_required
def decide(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Agree, with the number typed again, or refuse."""
    is_granted = request.POST.get("decision") == "grant"
    form = DecideForm(request.POST)
    if is_granted and not form.is_valid():
        return _page(request, list_id, form)
    try:
        services.decide_list(
            actor=staff(request),
            list_id=list_id,
            is_granted=is_granted,
            typed_count=form.cleaned_data["count"] if is_granted else None,
        )
    except ListRefused as refused:
        messages.error(request, _reason(refused))
        return redirect("disclosure:list-list")
    messages.success(request, _("The list is being made.") if is_granted else _("It is refused."))
    return redirect("disclosure:list-list")


@role_required(Role.OFFICER)
@require_POST
@fresh_sign_in_required
def fetch(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Download the sealed list, to hand it to its recipient."""
    user = staff(request)
    try:
        sealed = services.fetch_list(actor=user, list_id=list_id)
    except ListRefused as refused:
        if refused.code == "gone":
            services.drop_incomplete(actor=user, list_id=list_id)
        messages.error(request, _reason(refused))
        return redirect("disclosure:list-list")
    return HttpResponse(
        sealed,
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="list-{list_id}.sealed"'},
    )


def _page(request: HttpRequest, list_id: UUID, form: DecideForm) -> HttpResponse:
    user = staff(request)
    found = list_visible_to(user, list_id)
    is_other = found.asked_by_id != user.pk
    context = {
        "list": found,
        "form": form,
        "may_decide": found.state == ListState.ASKED
        and is_other
        and bool(bodies_of(user) - {found.asked_body}),
        "may_fetch": found.state == ListState.READY and not is_other,
    }
    return render(request, "disclosure/list.html", context)


def _reason(refused: ListRefused) -> str:
    return {
        "no-crisis": _("Lists are made only while a real crisis is open."),
        "too-many": _("These are too many people for one list."),
        "nobody": _("Nobody of this post is where the crisis is."),
        "same-body": _("Somebody of another post or the ministry must decide this."),
        "count": _("This is not how many people are on the list."),
        "state": _("This list cannot be had any more."),
        "gone": _("Somebody on this list was erased or locked since. Ask for a new one."),
    }[refused.code]
