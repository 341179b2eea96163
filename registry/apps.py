from typing import Any

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from geography.signals import districts_changed
        from registry import destroying, reindexing
        from registry.finding import tokens
        from registry.redistricting import follow_districts

        def on_districts_changed(sender: object, **kwargs: Any) -> None:
            follow_districts()

        tokens.connect()
        destroying.connect()
        reindexing.connect()
        # Kept by the signal itself, since nobody else holds the function.
        districts_changed.connect(
            on_districts_changed, weak=False, dispatch_uid="registry.districts-changed"
        )
