"""Django's description of this app."""

from django.apps import AppConfig


class WallsConfig(AppConfig):
    """What the database itself refuses, whatever the code above it asks for."""

    name = "walls"
