"""Make a staff account, give it a role, or give somebody a new start after a loss."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from accounts.models import Role, StaffUser
from accounts.services import create_staff, grant_mandate, new_password, start_again
from audit.recording import Actor
from geography.models import Post


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", help="the name colleagues see; needed for a new account")
        parser.add_argument("--role", action="append", default=[], choices=Role.values)
        parser.add_argument("--post", help="the post's code; needed for the role officer")
        parser.add_argument("--granted-by", help="e-mail of the colleague who gives the role")
        parser.add_argument("--approved-by", help="e-mail of the second colleague who agrees")
        parser.add_argument(
            "--start-again",
            action="store_true",
            help="new password, second factor set up anew at the next sign-in",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        actor = Actor.machine()
        email = options["email"].strip().lower()
        try:
            validate_email(email)
            with transaction.atomic():
                password = self._account(actor, email, options)
                user = StaffUser.objects.get(email=email)
                for role in options["role"]:
                    grant_mandate(
                        actor=actor,
                        user=user,
                        role=Role(role),
                        post=self._post(options["post"]) if role == Role.OFFICER else None,
                        granted_by=self._colleague(options["granted_by"]),
                        approved_by=self._colleague(options["approved_by"]),
                    )
        except ValidationError:
            raise CommandError("This is not an e-mail address.") from None
        except IntegrityError:
            raise CommandError("A role is given by one colleague and agreed by another.") from None
        if password:
            self.stdout.write(f"Password for the first sign-in, shown once: {password}")

    @staticmethod
    def _account(actor: Actor, email: str, options: dict[str, Any]) -> str:
        user = StaffUser.objects.filter(email=email).first()
        if user is None:
            if not options["name"]:
                raise CommandError("A new account needs --name.")
            password = new_password()
            create_staff(actor=actor, email=email, name=options["name"], password=password)
            return password
        if options["start_again"]:
            password = new_password()
            start_again(actor=actor, user=user, password=password)
            return password
        return ""

    @staticmethod
    def _post(code: str | None) -> Post:
        post = Post.objects.open().filter(code=code or "").first()
        if post is None:
            raise CommandError("An officer needs --post with the code of an open post.")
        return post

    @staticmethod
    def _colleague(email: str | None) -> StaffUser | None:
        if email is None:
            return None
        colleague = StaffUser.objects.filter(email=email.strip().lower(), is_active=True).first()
        if colleague is None:
            raise CommandError("No colleague has this e-mail address.")
        return colleague
