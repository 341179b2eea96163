"""An API in Twilio's manner: a form is posted, JSON comes back, numbers for errors.

Many providers took this shape over; the path of the account stands in the route's URL.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from urllib.parse import urlencode

from notifications.channels.addresses import check_phone_number
from notifications.channels.dialects import Request
from notifications.channels.http_answers import json_object, seconds_to_wait
from notifications.channels.protocol import HandedOver, Outcome, OutgoingSms, RouteUnavailable

_LONGEST_VALIDITY = 36_000
# By the API's error numbers; every other concerns us, not the recipient.
_REFUSED = frozenset({21211, 21214, 21217, 21401, 21408, 21421, 21610, 21612, 21614})
_MESSAGE_REFUSED = frozenset({21602, 21605, 21617, 21619, 30007})


@dataclass(frozen=True, slots=True)
class TwilioLike:
    """An account of such an API."""

    sender: str
    account: str = field(repr=False)
    token: str = field(repr=False)
    #: Our callback address for receipts.
    receipts: str = ""

    def requests(self, message: OutgoingSms) -> list[Request]:
        """Return the one request; the provider cuts long texts by the same standard."""
        form = {
            "To": check_phone_number(message.recipient_e164),
            "From": self.sender,
            "Body": message.text,
            "ValidityPeriod": str(min(message.validity_seconds, _LONGEST_VALIDITY)),
            # Letters are ours to choose; the provider must not exchange any.
            "SmartEncoded": "false",
        }
        if self.receipts:
            form["StatusCallback"] = self.receipts
        secret = base64.b64encode(f"{self.account}:{self.token}".encode()).decode("ascii")
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "Authorization": f"Basic {secret}",
            "I-Twilio-Idempotency-Token": message.reference,
        }
        return [Request(headers, urlencode(form).encode("ascii"))]

    def meaning(
        self, status: int, retry_after: str, body: bytes, message: OutgoingSms
    ) -> HandedOver | RouteUnavailable:
        """Return the outcome of the message."""
        answer = json_object(body)
        code = f"http-{status}"
        if 200 <= status < 300:
            reference = str(answer.get("sid", ""))
            return HandedOver(Outcome.ACCEPTED, reference if reference.isalnum() else "", code)
        if status in (502, 504):
            return HandedOver(Outcome.UNKNOWN, "", code)
        number = answer.get("code")
        if status != 400 or not isinstance(number, int):
            return RouteUnavailable(code, retry_after=seconds_to_wait(retry_after))
        if number in _REFUSED:
            return HandedOver(Outcome.REFUSED, "", f"{code}-recipient-{number}")
        if number in _MESSAGE_REFUSED:
            return HandedOver(Outcome.MESSAGE_REFUSED, "", f"{code}-{number}")
        return HandedOver(Outcome.SENDER_REFUSED, "", f"{code}-{number}")
