"""Addresses of the rights desk, for people and for staff. They hold ids and codes only."""

from __future__ import annotations

from django.urls import path

from rights import views_console, views_portal

app_name = "rights"

urlpatterns = [
    path("my/rights/", views_portal.show, name="right-list"),
    path("my/rights/unlock/", views_portal.lift, name="lock-lift"),
    path("my/rights/ask/<slug:right>/", views_portal.ask, name="right-ask"),
    path("console/rights/", views_console.list_, name="request-list"),
    path("console/rights/queue/<slug:queue>/", views_console.list_, name="request-queue"),
    path("console/rights/<uuid:request_id>/", views_console.show, name="request-show"),
    path("console/rights/<uuid:request_id>/answer/", views_console.answer, name="request-answer"),
    path(
        "console/rights/<uuid:request_id>/record/",
        views_console.hand_over,
        name="request-hand-over",
    ),
    path("console/people/<uuid:person_id>/rights/", views_console.counter, name="right-enter"),
    path(
        "console/people/<uuid:person_id>/rights/unlock/", views_console.lift, name="lock-lift-for"
    ),
]
