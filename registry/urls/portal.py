"""Addresses of the portal."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "registry"

urlpatterns: list[URLPattern] = []
