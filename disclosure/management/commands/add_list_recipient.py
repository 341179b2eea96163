"""Name somebody who may be given lists: `manage.py add_list_recipient NAME PUBLIC_KEY`."""

from __future__ import annotations

import io
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from audit.recording import Actor, record
from disclosure.models import Recipient
from encryption.copies import NotARecoveryKey, seal_copy


class Command(BaseCommand):
    """Keeps a name and the public half of a key made with deploy/open_list.py."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The name officers choose, and the key."""
        parser.add_argument("name")
        parser.add_argument("public_key")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check the key, and keep both."""
        try:
            seal_copy(options["public_key"], "check", io.BytesIO(b""), io.BytesIO())
        except NotARecoveryKey as wrong:
            raise CommandError(str(wrong)) from None
        with transaction.atomic():
            recipient, _ = Recipient.objects.update_or_create(
                name=options["name"],
                defaults={"public_key": options["public_key"], "ended_at": None},
            )
            record(
                Actor.machine(),
                "disclosure.recipient-added",
                object_kind="list-recipient",
                object_id=recipient.pk,
            )
        self.stdout.write(f"Recipient {recipient.pk} is kept.")
