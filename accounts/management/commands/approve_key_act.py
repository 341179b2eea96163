"""Agree to an act on the keys that another key holder asked for."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from accounts.key_acting import approve_key_act
from accounts.management.key_command import KeyCommand


class Command(KeyCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", type=UUID)

    def act(self, **options: Any) -> None:
        """Show what would be done; let the person sign in and agree."""
        act = self.found(options["act"])
        self.show(act.kind, act.parameters)
        user = self.who()
        self.confirm_post(act.kind, act.parameters)
        approve_key_act(actor=user, act_id=act.pk)
        self.stdout.write(f"Agreed. Within a day either of you runs it: run_key_act {act.pk}")
