"""Addresses of lists."""

from __future__ import annotations

from django.urls import path

from disclosure import views

app_name = "disclosure"

urlpatterns = [
    path("lists/", views.list_, name="list-list"),
    path("lists/ask/", views.ask, name="list-ask"),
    path("lists/<uuid:list_id>/", views.show, name="list-show"),
    path("lists/<uuid:list_id>/decide/", views.decide, name="list-decide"),
    path("lists/<uuid:list_id>/file/", views.fetch, name="list-fetch"),
]
