"""Writing a broadcast, seeing what would leave and whom it would reach, handing it over."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import has_role, staff
from accounts.models import Role
from crises.models import Crisis
from crises.selectors import named_places
from crises.services import NotAllowed
from notifications.access import broadcast_for, crisis_for, latest_sent
from notifications.forms.ministry import BroadcastForm, SubmitForm
from notifications.models import Broadcast, BroadcastKind, BroadcastState
from notifications.prepared_texts import prepared_texts
from notifications.previewing import TextEntry, TextPreview, preview_texts, typed_texts
from notifications.services.broadcasting import submit_broadcast, write_broadcast
from notifications.services.correcting import prepare_correction
from notifications.showing import AudienceShown, audience_shown
from notifications.views.ministry import authors, crisis_page, ministry, no_longer

# What a new broadcast of a kind refers to, if anything: an update needs something to update.
_NEW_KINDS = (BroadcastKind.ALERT, BroadcastKind.UPDATE)


@authors
@require_http_methods(["GET", "POST"])
def broadcast_write(request: HttpRequest, crisis_id: UUID, kind: str) -> HttpResponse:
    """Write a new alert or update."""
    crisis = crisis_for(staff(request), crisis_id)
    if kind not in _NEW_KINDS:
        raise Http404
    chosen = BroadcastKind(kind)
    refers_to = latest_sent(crisis) if chosen == BroadcastKind.UPDATE else None
    if chosen == BroadcastKind.UPDATE and refers_to is None:
        raise Http404
    texts = {
        code: TextEntry(words["subject"], words["email"], words["sms"])
        for code, words in prepared_texts(crisis, chosen).items()
    }
    initial = BroadcastForm.initial_texts(texts)
    form = BroadcastForm(request.POST or None, crisis=crisis, kind=chosen, initial=initial)
    return _edit(request, crisis, form, refers_to=refers_to, broadcast=None)


@authors
@require_http_methods(["GET", "POST"])
def broadcast_edit(request: HttpRequest, broadcast_id: UUID) -> HttpResponse:
    """Change a draft."""
    broadcast = broadcast_for(staff(request), broadcast_id)
    if not _is_own_draft(request, broadcast):
        return redirect("ministry:broadcast-show", broadcast.public_id)
    form = BroadcastForm(
        request.POST or None,
        crisis=broadcast.crisis,
        kind=BroadcastKind(broadcast.kind),
        initial=BroadcastForm.initial_of(broadcast),
    )
    return _edit(
        request, broadcast.crisis, form, refers_to=broadcast.refers_to, broadcast=broadcast
    )


def _edit(
    request: HttpRequest,
    crisis: Crisis,
    form: BroadcastForm,
    *,
    refers_to: Broadcast | None,
    broadcast: Broadcast | None,
) -> HttpResponse:
    is_valid = form.is_valid()
    if request.method == "POST" and "preview" not in request.POST and is_valid:
        try:
            saved = write_broadcast(
                actor=staff(request),
                crisis=crisis,
                entry=form.entry(refers_to),
                broadcast=broadcast,
            )
        except NotAllowed:
            return no_longer(request, crisis)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect("ministry:broadcast-show", saved.public_id)
    texts = form.texts() if form.is_bound else _initial_texts(form)
    previews = preview_texts(crisis, form.kind, texts)
    by_language = {one.language: one for one in previews}
    context = {
        "form": form,
        "broadcast": broadcast,
        "kind": form.kind,
        "refers_to": refers_to,
        "previews": previews,
        "columns": [(column, by_language.get(column.code)) for column in form.columns],
    }
    if "preview" in request.POST and request.headers.get("HX-Request"):
        return crisis_page(request, "_previews.html", crisis, context)
    return crisis_page(request, "broadcast_edit.html", crisis, context)


def _initial_texts(form: BroadcastForm) -> dict[str, TextEntry]:
    def typed(part: str, code: str) -> str:
        return str(form.initial.get(f"{part}_{code}", ""))

    return {
        column.code: TextEntry(
            typed("subject", column.code), typed("email", column.code), typed("sms", column.code)
        )
        for column in form.columns
    }


def _is_own_draft(request: HttpRequest, broadcast: Broadcast) -> bool:
    return broadcast.author_id == staff(request).pk and broadcast.state in (
        BroadcastState.DRAFT,
        BroadcastState.RETURNED,
    )


@ministry
@require_GET
def broadcast_show(request: HttpRequest, broadcast_id: UUID) -> HttpResponse:
    """A broadcast as it would leave, and whom it would reach; its author can hand it over."""
    broadcast = broadcast_for(staff(request), broadcast_id)
    form = SubmitForm(needs_place=needs_place(broadcast))
    return _show(request, broadcast, form)


@authors
@require_POST
def broadcast_submit(request: HttpRequest, broadcast_id: UUID) -> HttpResponse:
    """Hand a draft to an approver."""
    broadcast = broadcast_for(staff(request), broadcast_id)
    form = SubmitForm(request.POST, needs_place=needs_place(broadcast))
    if form.is_valid():
        try:
            submit_broadcast(actor=staff(request), broadcast=broadcast)
        except NotAllowed:
            return no_longer(request, broadcast.crisis)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Handed over. Another person must approve it now."))
            return redirect("ministry:broadcast-show", broadcast.public_id)
    return _show(request, broadcast, form)


def _show(request: HttpRequest, broadcast: Broadcast, form: SubmitForm) -> HttpResponse:
    user = staff(request)
    return crisis_page(
        request,
        "broadcast.html",
        broadcast.crisis,
        {
            **broadcast_context(broadcast),
            "form": form,
            "may_edit": has_role(user, Role.AUTHOR) and _is_own_draft(request, broadcast),
            "may_approve": has_role(user, Role.APPROVER) and broadcast.author_id != user.pk,
        },
    )


def needs_place(broadcast: Broadcast) -> bool:
    """Tell whether any text of a broadcast names none of the affected places."""
    return any(not one.names_a_place for one in previews_of(broadcast))


def previews_of(broadcast: Broadcast) -> list[TextPreview]:
    """Return a broadcast's texts as they will leave."""
    return preview_texts(broadcast.crisis, broadcast.kind, typed_texts(broadcast))


def broadcast_context(broadcast: Broadcast) -> dict[str, Any]:
    """Return what every page about one broadcast shows of it."""
    previews = previews_of(broadcast)
    audience: AudienceShown | None = None
    if broadcast.state != BroadcastState.APPROVED:
        audience = audience_shown(broadcast, previews)
    places = named_places(broadcast.crisis)
    return {
        "broadcast": broadcast,
        "previews": previews,
        "audience": audience,
        "affected": [place for place in places if not place.is_excluded],
        "left_out": [place for place in places if place.is_excluded],
        "goes_to_reached": broadcast.kind in (BroadcastKind.CANCEL, BroadcastKind.ALL_CLEAR),
    }


@authors
@require_POST
def correction_write(request: HttpRequest, broadcast_id: UUID, kind: str) -> HttpResponse:
    """Begin a cancel or an all-clear with the prepared words."""
    broadcast = broadcast_for(staff(request), broadcast_id)
    if kind not in (BroadcastKind.CANCEL, BroadcastKind.ALL_CLEAR):
        raise Http404
    try:
        draft = prepare_correction(
            actor=staff(request), broadcast=broadcast, kind=BroadcastKind(kind)
        )
    except NotAllowed:
        return no_longer(request, broadcast.crisis)
    return redirect("ministry:broadcast-show", draft.public_id)
