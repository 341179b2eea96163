"""Storing what providers tell us, before they are told that we have it.

No audit event is written here: a provider's word is not yet an act on anybody. Applying it
is, and writes one where it changes what is known of a person (notifications.receiving).
"""

from __future__ import annotations

from django.core.cache import cache
from django.db import transaction
from redis.exceptions import RedisError

from encryption.keyring import keyring
from notifications.channels.sms_octets import Place
from notifications.models import InboundMessage, Receipt
from notifications.provider_names import full_reference
from notifications.receiving import SEAL_PURPOSE
from notifications.waking import ring
from registry.indexing import contact_token
from registry.models import Channel

# However many arrive in a second, one ring wakes whoever applies them.
_BELL = "bell:apply-receipts"
_SECONDS_BETWEEN_RINGS = 1


def store_receipt(
    *,
    provider: str,
    event_id: str,
    reference: str = "",
    status: str,
    delivery: tuple[int, int] | None = None,
    code: str = "",
) -> bool:
    """Keep a word on one of our messages; False if this event is here already.

    status: delivered, undeliverable, expired, rejected or delayed. The message is named by the
    provider's `reference` or, where our own address came back, by `delivery` (dispatch, seq).
    """
    dispatch_id, seq = delivery or (None, None)
    with transaction.atomic():
        _receipt, is_new = Receipt.objects.get_or_create(
            provider=provider,
            event_id=event_id,
            defaults={
                "provider_reference": full_reference(provider, reference),
                "status": status,
                "dispatch_id": dispatch_id,
                "seq": seq,
                "code": code[:40],
            },
        )
        transaction.on_commit(_ring_once)
    return is_new


def store_inbound(
    *,
    provider: str,
    event_id: str,
    sender_e164: str,
    text: str,
    place: Place | None = None,
) -> bool:
    """Keep a text message from a phone, sealed; False if this event is here already.

    The number is kept as its blind index only. `place` says which part of a long message it is.
    """
    with transaction.atomic():
        _message, is_new = InboundMessage.objects.get_or_create(
            provider=provider,
            event_id=event_id,
            defaults={
                "sender_token": contact_token(Channel.SMS, sender_e164),
                "body": keyring().seal_for_system(
                    SEAL_PURPOSE, text.encode("utf-8", "surrogatepass")
                ),
                "part_group": place.group if place else None,
                "part_number": place.number if place else None,
                "part_count": place.count if place else None,
            },
        )
        transaction.on_commit(_ring_once)
    return is_new


def _ring_once() -> None:
    try:
        is_first = cache.add(_BELL, 1, timeout=_SECONDS_BETWEEN_RINGS)
    except RedisError:
        is_first = True
    if is_first:
        ring("apply_receipts", queue="urgent", expires=15)
