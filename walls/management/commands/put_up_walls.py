"""`manage.py put_up_walls`: what each database role may do and see."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from walls.building import NoRoles, put_up


class Command(BaseCommand):
    help = "Give each database role its rights, in both databases. Safe to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--where-roles-are",
            action="store_true",
            help="do nothing on a server that has not got the roles, rather than fail",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for alias in connections:
            try:
                built = put_up(alias)
            except NoRoles:
                if options["where_roles_are"]:
                    continue
                raise CommandError(
                    f"The server of the database '{alias}' has not got the register's roles: "
                    "let its superuser run deploy/postgres/roles.sql."
                ) from None
            if options["verbosity"]:
                self.stdout.write(
                    f"{alias}: {built.grants} privileges, {built.policies} policies put up anew"
                )
