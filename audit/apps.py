from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit.models import AuditEvent
        from audit.streams import seal_rows_of
        from audit.tampering import connect

        seal_rows_of(AuditEvent)
        connect()
