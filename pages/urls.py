"""Addresses of the public pages."""

from __future__ import annotations

from django.urls import path

from pages import views

app_name = "pages"

urlpatterns = [path("what-we-hold/", views.inventory, name="inventory")]
