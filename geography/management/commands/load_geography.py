"""Bring the tables of countries and areas up to date with the committed lists."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DEFAULT_DB_ALIAS

from geography.loading import load_places
from geography.models import Area, Country


class Command(BaseCommand):
    """`manage.py load_geography`. Safe to run twice."""

    help = "Load countries and ISO 3166-2 areas with their names. Safe to run twice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS)

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = load_places(Country, Area, options["database"])
        self.stdout.write(
            f"{loaded.countries} countries, {loaded.areas} areas; "
            f"{loaded.withdrawn} no longer in the lists."
        )
