"""Addresses of the public pages."""

from __future__ import annotations

from django.urls import path

from pages import crisis_pages, views
from pages.feeds import messages_feed

app_name = "pages"

urlpatterns = [
    path("what-we-hold/", views.inventory, name="inventory"),
    path("check/", crisis_pages.check, name="check"),
    path("crisis/", crisis_pages.crises, name="crises"),
    path("crisis/messages.atom", messages_feed, name="feed"),
    path("crisis/messages/<uuid:message_id>.cap.xml", crisis_pages.cap, name="cap"),
    path("crisis/in/<slug:language>/", crisis_pages.crises, name="crises-in"),
    path("crisis/<uuid:crisis_id>/", crisis_pages.crisis, name="crisis"),
    path("crisis/<uuid:crisis_id>/<slug:language>/", crisis_pages.crisis, name="crisis-in"),
]
