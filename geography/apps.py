from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed_apps
from django.apps.registry import Apps
from django.db import router
from django.db.models.signals import post_migrate


class GeographyConfig(AppConfig):
    name = "geography"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(restore_places, sender=self)


def restore_places(using: str, apps: Apps = installed_apps, **kwargs: Any) -> None:
    """Fill empty tables again: `flush` empties what the migrations had put there."""
    # The models exist only once every app is loaded, and this module is read before that.
    from geography.loading import load_places
    from geography.models import Area, Country

    try:
        apps.get_model("geography", "Area")
    except LookupError:
        return
    if router.allow_migrate_model(using, Country) and not Country.objects.using(using).exists():
        load_places(Country, Area, using)
