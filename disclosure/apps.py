from django.apps import AppConfig


class DisclosureConfig(AppConfig):
    name = "disclosure"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from disclosure.dropping import on_person_erased
        from registry.signals import person_erased

        person_erased.connect(on_person_erased, dispatch_uid="disclosure.person-erased")
