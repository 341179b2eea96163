"""Addresses of the posts' console. They hold ids, and never what was searched for."""

from __future__ import annotations

from django.urls import path

from registry.views import (
    console,
    console_duplicates,
    console_looks,
    console_records,
    console_retention,
    console_unusual,
)

app_name = "console"

urlpatterns = [
    path("", console.start, name="start"),
    path("people/", console.find, name="people-find"),
    path("people/found/<uuid:search_id>/", console.found, name="people-found"),
    path("people/<uuid:person_id>/", console_records.show, name="record-show"),
    path("people/<uuid:person_id>/open/", console_records.open_, name="record-open"),
    path("people/<uuid:person_id>/call/", console_records.call, name="call-note"),
    path("district/", console.district, name="people-list"),
    path("duplicates/", console_duplicates.duplicates, name="duplicate-list"),
    path("duplicates/<uuid:proposal_id>/", console_duplicates.dismiss, name="duplicate-dismiss"),
    path("looks/", console_looks.looks, name="looks-list"),
    path("unusual/", console_unusual.list_, name="unusual-list"),
    path("unusual/queue/<slug:queue>/", console_unusual.list_, name="unusual-queue"),
    path("unusual/<uuid:reading_id>/", console_unusual.decide, name="unusual-decide"),
    path("retention/", console_retention.show, name="retention-show"),
]
