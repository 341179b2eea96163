from django.apps import AppConfig


class RightsConfig(AppConfig):
    name = "rights"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from notifications.signals import stopped_by_sms
        from registry.signals import person_erased
        from rights.signals import on_person_erased, on_stopped_by_sms

        stopped_by_sms.connect(on_stopped_by_sms, dispatch_uid="rights.stopped-by-sms")
        person_erased.connect(on_person_erased, dispatch_uid="rights.person-erased")
