"""Ask for an act on the keys, which a second key holder has to agree to."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from accounts.key_acting import request_key_act
from accounts.key_acts import KeyActKind
from accounts.key_runners import KeyActRefused, runner_of
from accounts.management.key_command import KeyCommand
from encryption.keyring import keyring


class Command(KeyCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=KeyActKind.values)
        parser.add_argument("--person", help="the id of the person to seal anew")
        parser.add_argument("--post", help="the code of the post whose people are destroyed")
        parser.add_argument("--dry-run", action="store_true", help="only say how much it would be")

    def act(self, **options: Any) -> None:
        """Show what would be done; let the person sign in and ask for it."""
        kind = KeyActKind(options["kind"])
        parameters = self._parameters(kind, options)
        runner_of(kind).check(parameters)
        self.show(kind, parameters)
        if options["dry_run"]:
            return
        user = self.who()
        self.confirm_post(kind, parameters)
        act = request_key_act(actor=user, kind=kind, parameters=parameters)
        self.stdout.write(f"Asked for. A second key holder agrees with: approve_key_act {act.pk}")

    @staticmethod
    def _parameters(kind: KeyActKind, options: dict[str, Any]) -> dict[str, Any]:
        if kind == KeyActKind.ROTATE_SEALING:
            return {"to": keyring().sealing_version}
        if kind == KeyActKind.ROTATE_INDEX:
            return {"to": keyring().index_version}
        name, value = (
            ("person_id", options["person"])
            if kind == KeyActKind.RESEAL_PERSON
            else ("post", options["post"])
        )
        if not value:
            raise KeyActRefused(f"This needs --{name.removesuffix('_id')}.")
        return {name: value}
