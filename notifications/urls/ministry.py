"""Addresses of the ministry's console."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "ministry"

urlpatterns: list[URLPattern] = []
