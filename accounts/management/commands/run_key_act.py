"""Run an act on the keys that two key holders want; the same command goes on after a stop."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.key_acting import begin_key_act, take_step
from accounts.key_runners import runner_of
from accounts.management.key_command import KeyCommand

_SECONDS_BETWEEN_LINES = 2.0


class Command(KeyCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", type=UUID)
        parser.add_argument("--dry-run", action="store_true", help="only say how much is left")

    def act(self, **options: Any) -> None:
        """Show what is left; let the person sign in; do it step by step."""
        act = self.found(options["act"])
        runner_of(act.kind).check(act.parameters)
        self.show(act.kind, act.parameters)
        if options["dry_run"]:
            return
        user = self.who()
        self.confirm_post(act.kind, act.parameters)
        act = begin_key_act(actor=user, act_id=act.pk)
        began, said, done = time.monotonic(), 0.0, 0
        while True:
            step = take_step(actor=user, act=act)
            done += step.done
            took = time.monotonic() - began
            if step.is_finished or took - said > _SECONDS_BETWEEN_LINES:
                said = took
                self.stdout.write(
                    f"  {act.done_count:>12,}  done, {done / max(took, 0.001):,.0f}/s"
                )
            if step.is_finished:
                self.stdout.write("Finished.")
                return
            if step.not_before is not None and step.not_before > timezone.now():
                self.stdout.write(
                    f"So far done. From {step.not_before:%H:%M} UTC on run the same command "
                    "again to finish."
                )
                return
