from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from notifications import turning
        from notifications.signals import (
            on_call_logged,
            on_contact_changed,
            on_person_erased,
            on_proof_asked,
        )
        from registry.signals import call_logged, contact_changed, person_erased, proof_asked

        turning.connect()
        proof_asked.connect(on_proof_asked, dispatch_uid="notifications.proof-asked")
        contact_changed.connect(on_contact_changed, dispatch_uid="notifications.contact-changed")
        call_logged.connect(on_call_logged, dispatch_uid="notifications.call-logged")
        person_erased.connect(on_person_erased, dispatch_uid="notifications.person-erased")
