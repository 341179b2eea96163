"""Write the proof of one consent record for a court."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from audit.recording import Actor, record
from consent.proving import proof_of


class Command(BaseCommand):
    """`manage.py consent_proof RECORD --to FILE`; deploy/verify_proof.py checks the file."""

    help = "Write every answer of a consent record with the proof that it was not changed since."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the record and the file."""
        parser.add_argument("record", type=UUID)
        parser.add_argument("--to", type=Path, required=True)

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Write the bundle, readable by its owner alone, and note that it was written."""
        try:
            proof = proof_of(options["record"])
        except LookupError as unknown:
            raise CommandError("There is no such consent record.") from unknown
        path: Path = options["to"]
        path.touch(mode=0o600)
        path.write_text(json.dumps(proof, ensure_ascii=False, indent=1), encoding="utf-8")
        record(
            Actor.machine(),
            "consent.proof_written",
            object_kind="consent_record",
            object_id=options["record"],
            detail={"answers": len(proof["answers"])},
        )
        waiting = sum(answer["inclusion"] is None for answer in proof["answers"])
        if waiting:
            self.stderr.write(f"{waiting} answers are not sealed yet: write the proof again later.")
        self.stdout.write(f"{len(proof['answers'])} answers written.")
