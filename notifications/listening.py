"""Listening to an SMSC: what it delivers is stored first and acknowledged after.

Runs in `manage.py smpp_listener`. A crash in between makes the SMSC deliver again; what is
delivered twice is stored once.
"""

from __future__ import annotations

import datetime
import logging
import time
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import close_old_connections, connection
from django.utils import timezone

from encryption.digests import keyed_hex
from entry.fields import PhoneField
from notifications.channels.protocol import RouteUnavailable
from notifications.channels.smpp_deliveries import PersonWord, ReceiptWord, read_delivery
from notifications.channels.smpp_session import LinkLost, SmppSession, Smsc, Take
from notifications.channels.smpp_wire import DeliverSm
from notifications.models import InboundMessage
from notifications.services.storing import store_inbound, store_receipt
from registry.indexing import contact_token
from registry.models import Channel

logger = logging.getLogger(__name__)

# A delivery whose acknowledgement was lost comes again within this time.
_AGAIN = datetime.timedelta(minutes=15)
_TURN_SECONDS = 0.5
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0


def keeper(provider: str, *, ids_are_decimal: bool = False) -> Take:
    """Return what stores the deliveries of one provider."""

    def keep(message: DeliverSm) -> None:
        said = read_delivery(message, ids_are_decimal=ids_are_decimal)
        if isinstance(said, ReceiptWord):
            store_receipt(
                provider=provider,
                event_id=f"{said.reference}-{said.status}",
                reference=said.reference,
                status=said.status,
            )
        elif said is not None:
            keep_words(provider, said)

    return keep


def listen(
    smsc: Smsc,
    *,
    provider: str,
    should_stop: Callable[[], bool],
    bind: str = "receiver",
    ids_are_decimal: bool = False,
) -> None:
    """Stay bound to an SMSC until told to stop, binding again whenever the link is lost."""
    take = keeper(provider, ids_are_decimal=ids_are_decimal)
    wait = _FIRST_WAIT
    while not should_stop():
        try:
            session = SmppSession(smsc, bind=bind, take=take)
        except RouteUnavailable as closed:
            logger.warning("listener cannot bind provider=%s code=%s", provider, closed.code)
            _pause(wait, should_stop)
            wait = min(wait * 2, _LONGEST_WAIT)
            continue
        logger.info("listener bound provider=%s", provider)
        wait = _FIRST_WAIT
        try:
            _stay(session, smsc, should_stop)
        except LinkLost as lost:
            logger.warning("listener lost its link provider=%s code=%s", provider, lost.code)
        finally:
            session.close()
            connection.close()


def _stay(session: SmppSession, smsc: Smsc, should_stop: Callable[[], bool]) -> None:
    enquired = False
    while not should_stop() and not session.is_ending:
        close_old_connections()
        session.read(_TURN_SECONDS)
        if session.silent_seconds < smsc.enquire_seconds:
            enquired = False
        elif not enquired:
            session.enquire()
            enquired = True
        elif session.silent_seconds > smsc.enquire_seconds + smsc.answer_timeout:
            raise LinkLost("smpp-silent")


def _pause(seconds: float, should_stop: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not should_stop():
        time.sleep(0.1)


def keep_words(provider: str, said: PersonWord) -> None:
    """Store what somebody wrote, unless it is here already and was only delivered again."""
    sender = _as_registered(said.sender)
    place = said.place
    digest = keyed_hex("inbound-event", f"{sender}|{place}|{said.text!r}")
    recent = InboundMessage.objects.filter(
        sender_token=contact_token(Channel.SMS, sender),
        provider=provider,
        received_at__gt=timezone.now() - _AGAIN,
    ).order_by("-pk")
    # The same words again after others are new words: SAFE, HELP, SAFE.
    seen = recent.values_list("event_id", flat=True)[: 1 if place is None else 300]
    if any(event_id.startswith(digest) for event_id in seen):
        return
    store_inbound(
        provider=provider,
        event_id=f"{digest}-{timezone.now():%y%m%d%H%M%S%f}",
        sender_e164=sender,
        text=said.text,
        place=place,
    )


def _as_registered(sender: str) -> str:
    """Return a number in the spelling of registrations, or the blind index would not match."""
    try:
        return str(PhoneField().clean(sender))
    except ValidationError:
        return sender
