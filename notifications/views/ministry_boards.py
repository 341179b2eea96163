"""The live board of a broadcast, and holding back what is on its way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import staff
from crises.models import Crisis
from crises.services import NotAllowed
from notifications.access import dispatch_for, people_needing_help
from notifications.board import recent_board_of, unregistered
from notifications.models import Dispatch, DispatchState
from notifications.services.steering import cancel_dispatch, pause_dispatch, resume_dispatch
from notifications.showing import board_shown, help_shown
from notifications.views.ministry import crisis_page, ministry, no_longer

# htmx: swap this in and stop asking.
_LAST = 286
# For those without JavaScript who asked for it, in seconds.
_RELOAD_SECONDS = 10

_STEERING: dict[str, Callable[..., Any]] = {
    "pause": pause_dispatch,
    "resume": resume_dispatch,
    "stop": cancel_dispatch,
}
_DONE = {
    "pause": gettext_lazy("Paused. Nothing more leaves until you go on."),
    "resume": gettext_lazy("Sending goes on."),
    "stop": gettext_lazy("Stopped. What has left cannot be called back."),
}


def _crisis(dispatch: Dispatch) -> Crisis:
    if dispatch.crisis is None:
        raise Http404
    return dispatch.crisis


def _board_context(dispatch: Dispatch) -> dict[str, Any]:
    board = recent_board_of(dispatch)
    state = dispatch.state
    return {
        "dispatch": dispatch,
        "broadcast": dispatch.broadcast,
        "shown": board_shown(board),
        "unregistered": unregistered(board),
        "version": board.version,
        "now": timezone.now(),
        "may_pause": state == DispatchState.RUNNING,
        "may_resume": state == DispatchState.PAUSED,
        "may_stop": state in (DispatchState.FREEZING, DispatchState.RUNNING, DispatchState.PAUSED),
    }


@ministry
@require_GET
def board_show(request: HttpRequest, broadcast_id: UUID) -> HttpResponse:
    """The live board."""
    dispatch = dispatch_for(staff(request), broadcast_id)
    context = {
        **_board_context(dispatch),
        "reload_seconds": _RELOAD_SECONDS if "reload" in request.GET else None,
    }
    return crisis_page(request, "board.html", _crisis(dispatch), context)


@ministry
@require_GET
def board_numbers(request: HttpRequest, broadcast_id: UUID) -> HttpResponse:
    """The part of the board that changes, asked for every few seconds.

    Answers 304 (204 to htmx, which knows no other word for "leave it as it is") while
    nothing has changed, and 286 with the last numbers when nothing can change any more.
    """
    dispatch = dispatch_for(staff(request), broadcast_id)
    context = _board_context(dispatch)
    tag = f'"{context["version"]}-{request.LANGUAGE_CODE}"'
    is_htmx = bool(request.headers.get("HX-Request"))
    is_last = context["shown"].poll_seconds is None
    if request.headers.get("If-None-Match") == tag and not is_last:
        response = HttpResponse(status=204 if is_htmx else 304)
    else:
        status = _LAST if is_last and is_htmx else 200
        response = crisis_page(
            request, "_board_numbers.html", _crisis(dispatch), {**context, "tag": tag}, status
        )
    response["ETag"] = tag
    return response


@ministry
@require_http_methods(["GET", "POST"])
def board_steer(request: HttpRequest, broadcast_id: UUID, act: str) -> HttpResponse:
    """Pause, go on or stop, after asking once."""
    dispatch = dispatch_for(staff(request), broadcast_id)
    crisis = _crisis(dispatch)
    if act not in _STEERING:
        raise Http404
    context = _board_context(dispatch)
    if not context[f"may_{act}"]:
        return no_longer(request, crisis)
    if request.method == "POST":
        try:
            _STEERING[act](actor=staff(request), dispatch=dispatch)
        except NotAllowed:
            return no_longer(request, crisis)
        messages.success(request, _DONE[act])
        return redirect("ministry:board-show", broadcast_id)
    return crisis_page(
        request,
        "board_steer.html",
        crisis,
        {**context, "act": act},
    )


@ministry
@require_GET
def help_list(request: HttpRequest, broadcast_id: UUID) -> HttpResponse:
    """Who asked for help: ids, places and posts; the posts know who they are."""
    dispatch = dispatch_for(staff(request), broadcast_id)
    sought = help_shown(people_needing_help(staff(request), dispatch))
    return crisis_page(
        request,
        "help_list.html",
        _crisis(dispatch),
        {"dispatch": dispatch, "broadcast": dispatch.broadcast, "people": sought},
    )
