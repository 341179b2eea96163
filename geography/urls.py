"""Addresses under /geography/: public, the same for everybody."""

from __future__ import annotations

from django.urls import re_path

from geography import views

app_name = "geography"

urlpatterns = [
    re_path(r"^areas/([A-Z]{2})\.([a-z]{2,3})\.json$", views.areas, name="areas"),
]
