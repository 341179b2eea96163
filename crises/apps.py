from django.apps import AppConfig


class CrisesConfig(AppConfig):
    name = "crises"
    default_auto_field = "django.db.models.BigAutoField"
