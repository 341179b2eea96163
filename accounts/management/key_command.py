"""What the three commands for acts on the keys share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from accounts.identifying import Asking, NotIdentified, Terminal, identify
from accounts.key_acts import KeyAct, KeyActKind
from accounts.key_runners import KeyActRefused, runner_of
from accounts.models import StaffUser
from encryption.starting import verify_keys


class KeyCommand(BaseCommand):
    """Proves the keys and the person first; tells a refusal in one sentence."""

    asking: ClassVar[Asking] = Terminal()

    def handle(self, *args: Any, **options: Any) -> None:
        verify_keys()
        try:
            self.act(**options)
        except (KeyActRefused, NotIdentified) as refusal:
            raise CommandError(str(refusal)) from None

    def act(self, **options: Any) -> None:
        """Do what the command is for."""
        raise NotImplementedError

    def who(self) -> StaffUser:
        """Let the person at the terminal prove who they are."""
        return identify(self.asking)

    def found(self, act_id: UUID) -> KeyAct:
        """Return an act."""
        act = KeyAct.objects.filter(pk=act_id).first()
        if act is None:
            raise KeyActRefused("There is no such act.")
        return act

    def show(self, kind: str, parameters: Mapping[str, Any]) -> None:
        """Print what an act would do."""
        chosen = ", ".join(f"{name} {value}" for name, value in parameters.items())
        self.stdout.write(f"{kind}: {chosen}")
        for what, number in runner_of(kind).count(parameters).items():
            self.stdout.write(f"  {number:>12,}  {what}")

    def confirm_post(self, kind: str, parameters: Mapping[str, Any]) -> None:
        """Have the code of a post typed before its people are destroyed."""
        if kind == KeyActKind.DESTROY_POST:
            typed = self.asking.line("This cannot be undone. Type the code of the post: ")
            if typed.strip() != parameters["post"]:
                raise KeyActRefused("This is not the code of the post. Nothing was done.")
