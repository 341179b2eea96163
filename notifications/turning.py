"""What turning keys has to do here: tokens of the queue, and bodies sealed for the system."""

from __future__ import annotations

from django.db import transaction

from encryption import rotating
from encryption.keyring import SealError, keyring
from notifications.models import Dispatch, DispatchState, InboundMessage
from notifications.receiving import SEAL_PURPOSE
from registry import reindexing
from registry.reindexing import TokenColumn

_PAGE = 500


def connect() -> None:
    """Name our columns and sealed bodies; called once, at start."""
    ours = [
        TokenColumn("notifications_delivery", "address_token"),
        TokenColumn("notifications_inboundmessage", "sender_token"),
    ]
    held = reindexing.columns["contact"]
    held.extend(column for column in ours if column not in held)
    if is_sending not in reindexing.holds:
        reindexing.holds.append(is_sending)
    if reseal_bodies not in rotating.system_resealers:
        rotating.system_resealers.append(reseal_bodies)


def is_sending() -> bool:
    """Tell whether a list of people is being written or sent to.

    It knows by their token which addresses are shared, and an alert goes first.
    """
    return Dispatch.objects.filter(
        state__in=[DispatchState.FREEZING, DispatchState.RUNNING]
    ).exists()


def reseal_bodies() -> int:
    """Seal the words of messages from people under the active key; return how many changed.

    What cannot be opened stays as it is: whoever reads it is told so there.
    """
    ring = keyring()
    changed, last = 0, 0
    while True:
        with transaction.atomic():
            page = list(
                InboundMessage.objects.select_for_update()
                .filter(pk__gt=last)
                .order_by("pk")
                .only("pk", "body")[:_PAGE]
            )
            for message in page:
                body = bytes(message.body)
                if int.from_bytes(body[:2], "big") == ring.sealing_version:
                    continue
                try:
                    plain = ring.open_for_system(SEAL_PURPOSE, body)
                except SealError:
                    continue
                message.body = ring.seal_for_system(SEAL_PURPOSE, plain)
                message.save(update_fields=["body"])
                changed += 1
        if len(page) < _PAGE:
            return changed
        last = page[-1].pk
