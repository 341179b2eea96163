"""Addresses. `/` is the portal, `/console/` the posts, `/ministry/` the ministry."""

from __future__ import annotations

from django.urls import include, path

from config import views

site_patterns = (
    [
        path("language/", views.choose_language, name="language-choose"),
        path("healthz", views.alive, name="alive"),
        path("readyz", views.ready, name="ready"),
    ],
    "config",
)

urlpatterns = [
    path("", include(site_patterns)),
    path("", include("registry.urls.portal")),
    path("", include("notifications.urls.answers")),
    path("", include("pages.urls")),
    path("geography/", include("geography.urls")),
    path("staff/", include("accounts.urls")),
    path("console/", include("registry.urls.console")),
    path("console/", include("notifications.urls.console")),
    path("console/", include("response.urls")),
    path("", include("rights.urls")),
    path("console/", include("disclosure.urls")),
    path("ministry/", include("notifications.urls.ministry")),
    path("api/v1/", include("notifications.urls.api")),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
