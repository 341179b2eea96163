from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "consent"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit.streams import seal_rows_of
        from consent.models import ConsentEvent

        seal_rows_of(ConsentEvent)
