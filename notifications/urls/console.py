"""Addresses of messages inside the posts' console."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "console-messages"

urlpatterns: list[URLPattern] = []
