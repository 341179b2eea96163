"""What routine messages are spared: dead addresses, and SMS nobody but a swindler asked for.

"SMS pumping" is asking a site for code after code to numbers that pay whoever asked. Crisis
alerts pass by all of this.
"""

from __future__ import annotations

import datetime
import logging
import re

import phonenumbers
from django.conf import settings
from django.db import connection
from django.utils import timezone

from notifications.applying_receipts import DEAD_ADDRESS
from notifications.models import Delivery, DeliveryStatus, Suppression
from registry.models import Channel, ContactPoint

logger = logging.getLogger(__name__)

_COUNT = """
    INSERT INTO notifications_routinesms (day, country, messages) VALUES (%(day)s, %(country)s, 1)
    ON CONFLICT (day, country) DO UPDATE SET messages = notifications_routinesms.messages + 1
     WHERE notifications_routinesms.messages < %(most)s
    RETURNING messages"""


def may_leave(point: ContactPoint) -> bool:
    """Whether a routine message may go to this contact now; an SMS is counted if it may.

    Call it inside the transaction that queues the message.
    """
    if is_suppressed(point):
        logger.info("routine message spared reason=dead-address contact=%s", point.pk)
        return False
    if point.channel != Channel.SMS:
        return True
    # "ZZ" is what nobody's country is called: satellite phones, made-up numbers.
    country = country_of(point.value) or "ZZ"
    caps = settings.SMS_COUNTRY_CAPS
    if not _count(country, caps.get(country, settings.SMS_ROUTINE_PER_COUNTRY)):
        logger.error("routine SMS stopped reason=country-cap country=%s", country)
        return False
    if not _count("", settings.SMS_ROUTINE_PER_DAY):
        logger.error("routine SMS stopped reason=daily-budget")
        return False
    return True


def is_suppressed(point: ContactPoint) -> bool:
    """Whether the last word on this address was that it does not exist."""
    if Suppression.objects.filter(
        channel=point.channel, address_token=point.token, until__gt=timezone.now()
    ).exists():
        return True
    # A server that said so at once leaves no bounce, only the failed delivery itself.
    since = timezone.now() - datetime.timedelta(days=settings.SUPPRESSION_DAYS)
    last = (
        Delivery.objects.filter(
            address_token=point.token,
            channel=point.channel,
            shared_with_seq__isnull=True,
            changed_at__gt=since,
        )
        .exclude(status__in=[DeliveryStatus.SKIPPED, DeliveryStatus.CANCELLED])
        .order_by("-dispatch_id")
        .first()
    )
    return (
        last is not None
        and last.status == DeliveryStatus.FAILED
        and re.search(DEAD_ADDRESS, last.reason) is not None
    )


def country_of(number_e164: str) -> str:
    """Return the ISO 3166 code of a number's country; empty where a number has none."""
    try:
        parsed = phonenumbers.parse(number_e164)
    except phonenumbers.NumberParseException:
        return ""
    code = phonenumbers.region_code_for_number(parsed)
    return code if code and len(code) == 2 else ""


def _count(country: str, most: int) -> bool:
    if most < 1:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"day": timezone.localdate(), "country": country, "most": most})
        return cursor.fetchone() is not None
