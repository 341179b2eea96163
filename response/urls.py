"""Addresses of cases. They hold ids only."""

from __future__ import annotations

from django.urls import path

from response import views

app_name = "response"

urlpatterns = [
    path("cases/", views.list_, name="case-list"),
    path("cases/queue/<slug:queue>/", views.list_, name="case-queue"),
    path("cases/<uuid:case_id>/", views.show, name="case-show"),
    path("cases/<uuid:case_id>/take/", views.take, name="case-take"),
    path("cases/<uuid:case_id>/give/", views.give, name="case-give"),
    path("cases/<uuid:case_id>/step/", views.plan, name="case-plan"),
    path("cases/<uuid:case_id>/close/", views.close, name="case-close"),
    path("people/<uuid:person_id>/cases/", views.of_person, name="case-of-person"),
    path("people/<uuid:person_id>/cases/open/", views.open_, name="case-open"),
]
