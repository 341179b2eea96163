"""Addresses of messages inside the posts' console."""

from __future__ import annotations

from django.urls import path

from notifications.views import console

app_name = "console-messages"

urlpatterns = [
    path("people/<uuid:person_id>/write/", console.write, name="message-write"),
    path("people/<uuid:person_id>/messages/", console.sent, name="message-list"),
]
