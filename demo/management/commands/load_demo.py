"""Load invented posts, staff, people and a crisis, so that everything can be tried."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from accounts.models import StaffUser
from crises.models import AffectedArea, Crisis, Level
from demo.people import load_people
from demo.staff import COLLEAGUES, PASSWORD, load_staff
from geography.models import Post
from registry.models import Registrant

POSTS_FILE = Path("geography/data/example_posts.toml")


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--people", type=int, default=3000, help="how many invented people")
        parser.add_argument(
            "--print-sign-ins", action="store_true", help="only print the invented staff"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["print_sign_ins"]:
            for colleague in COLLEAGUES:
                self.stdout.write(
                    "\t".join(
                        (colleague.name, colleague.email, PASSWORD, str(colleague.role.label))
                    )
                )
            return
        if not Post.objects.filter(code="beirut").exists():
            call_command("load_posts", str(settings.BASE_DIR / POSTS_FILE), verbosity=0)
        load_staff(settings.BASE_DIR / ".run" / "demo-staff.json")
        missing = options["people"] - Registrant.objects.count()
        if missing > 0:
            load_people(missing)
        if not Crisis.objects.exists():
            self._load_crises()

    @staticmethod
    def _load_crises() -> None:
        author = StaffUser.objects.get(email="author@meridia.example")
        fire = Crisis.objects.create(
            title="Fire in the port of Beirut (invented)", level=Level.ACT, opened_by=author
        )
        AffectedArea.objects.create(crisis=fire, country_id="LB", area_id="LB-BA")
        drill = Crisis.objects.create(
            title="Yearly exercise: flood at the Bosporus (invented)",
            level=Level.PREPARE,
            is_exercise=True,
            opened_by=author,
        )
        AffectedArea.objects.create(crisis=drill, country_id="TR", area_id="TR-34")
