"""Staff sign-in, second factor and the page that leads on from there."""

from __future__ import annotations

from django.urls import path

from accounts import views

app_name = "accounts"

urlpatterns = [
    path("", views.home, name="staff-home"),
]
