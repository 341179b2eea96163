"""Addresses of the ministry's console."""

from __future__ import annotations

from django.urls import path

from notifications.views import (
    engine,
    ministry,
    ministry_approvals,
    ministry_boards,
    ministry_broadcasts,
    ministry_overrides,
    ministry_places,
)

app_name = "ministry"

urlpatterns = [
    path("", ministry.crisis_list, name="crisis-list"),
    path("crises/open/", ministry.crisis_open, name="crisis-open"),
    path("exercises/open/", ministry.exercise_open, name="exercise-open"),
    path("crises/<uuid:crisis_id>/", ministry.crisis_show, name="crisis-show"),
    path("crises/<uuid:crisis_id>/level/", ministry.crisis_level, name="crisis-level"),
    path("crises/<uuid:crisis_id>/estimate/", ministry.crisis_estimate, name="crisis-estimate"),
    path("crises/<uuid:crisis_id>/promise/", ministry.crisis_promise, name="crisis-promise"),
    path("crises/<uuid:crisis_id>/close/", ministry.crisis_close, name="crisis-close"),
    path("crises/<uuid:crisis_id>/places/", ministry_places.crisis_places, name="crisis-places"),
    path(
        "crises/<uuid:crisis_id>/places/<int:place_id>/remove/",
        ministry_places.place_remove,
        name="place-remove",
    ),
    path(
        "crises/<uuid:crisis_id>/write/<slug:kind>/",
        ministry_broadcasts.broadcast_write,
        name="broadcast-write",
    ),
    path(
        "crises/<uuid:crisis_id>/override/",
        ministry_overrides.override_ask,
        name="override-ask",
    ),
    path("overrides/", ministry_overrides.override_list, name="override-list"),
    path("overrides/<uuid:override_id>/", ministry_overrides.override_show, name="override-show"),
    path(
        "overrides/<uuid:override_id>/approve/",
        ministry_overrides.override_approve,
        name="override-approve",
    ),
    path("overrides/<uuid:override_id>/end/", ministry_overrides.override_end, name="override-end"),
    path(
        "overrides/<uuid:override_id>/review/",
        ministry_overrides.override_review,
        name="override-review",
    ),
    path("engine/", engine.engine_show, name="engine-show"),
    path("approvals/", ministry_approvals.approval_list, name="approval-list"),
    path(
        "broadcasts/<uuid:broadcast_id>/",
        ministry_broadcasts.broadcast_show,
        name="broadcast-show",
    ),
    path(
        "broadcasts/<uuid:broadcast_id>/edit/",
        ministry_broadcasts.broadcast_edit,
        name="broadcast-edit",
    ),
    path(
        "broadcasts/<uuid:broadcast_id>/submit/",
        ministry_broadcasts.broadcast_submit,
        name="broadcast-submit",
    ),
    path(
        "broadcasts/<uuid:broadcast_id>/approve/",
        ministry_approvals.broadcast_approve,
        name="broadcast-approve",
    ),
    path(
        "broadcasts/<uuid:broadcast_id>/return/",
        ministry_approvals.broadcast_return,
        name="broadcast-return",
    ),
    path(
        "broadcasts/<uuid:broadcast_id>/correct/<slug:kind>/",
        ministry_broadcasts.correction_write,
        name="correction-write",
    ),
    path("broadcasts/<uuid:broadcast_id>/board/", ministry_boards.board_show, name="board-show"),
    path(
        "broadcasts/<uuid:broadcast_id>/board/numbers/",
        ministry_boards.board_numbers,
        name="board-numbers",
    ),
    path(
        "broadcasts/<uuid:broadcast_id>/board/<slug:act>/",
        ministry_boards.board_steer,
        name="board-steer",
    ),
    path("broadcasts/<uuid:broadcast_id>/help/", ministry_boards.help_list, name="help-list"),
]
