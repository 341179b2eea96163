"""Kannel's sendsms, by POST: number, secret and text travel in headers and body, never in a URL.

Each part is a request of its own with an explicit header, because Kannel itself cuts pairs of
surrogates in two. Kannel gives messages no id, so receipts name ours: the callback address we
hand over holds the message's reference, a random-looking name of one delivery.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

from notifications.channels.addresses import check_phone_number
from notifications.channels.dialects import Request
from notifications.channels.http_answers import seconds_to_wait
from notifications.channels.protocol import HandedOver, Outcome, OutgoingSms, RouteUnavailable
from notifications.channels.sms_octets import Place, part_header
from notifications.segmenting import Encoding, segment

# Delivered, undeliverable, refused by the operator; not "queued" and "accepted".
_DLR_MASK = "19"


@dataclass(frozen=True, slots=True)
class Kannel:
    """A sendsms user."""

    sender: str
    username: str = field(repr=False)
    password: str = field(repr=False)
    #: smsc-id to go by; empty for Kannel's own choice.
    smsc: str = ""
    #: Our callback address, with name and secret in it if Kannel is to show them.
    receipts: str = field(default="", repr=False)

    def requests(self, message: OutgoingSms) -> list[Request]:
        """Return one request for each part."""
        cut = segment(message.text)
        coding = "0" if cut.encoding is Encoding.GSM7 else "2"
        # Kannel tells messages apart by what it sends; eight bits of the reference tell ours.
        group = sum(message.reference.encode()) & 0xFF
        headers = {
            "Content-Type": "text/plain; charset=UTF-8",
            "X-Kannel-Username": self.username,
            "X-Kannel-Password": self.password,
            "X-Kannel-From": self.sender,
            "X-Kannel-To": check_phone_number(message.recipient_e164),
            "X-Kannel-Coding": coding,
            "X-Kannel-Validity": str(max(1, message.validity_seconds // 60)),
        }
        if self.smsc:
            headers["X-Kannel-SMSC"] = self.smsc
        count = len(cut.parts)
        found = []
        for number, text in enumerate(cut.parts, start=1):
            own = dict(headers)
            if count > 1:
                own["X-Kannel-UDH"] = part_header(Place(group, number, count)).hex()
            if self.receipts and number == count:
                own["X-Kannel-DLR-Mask"] = _DLR_MASK
                own["X-Kannel-DLR-Url"] = (
                    f"{self.receipts}?{urlencode({'id': message.reference})}&status=%d"
                )
            found.append(Request(own, text.encode()))
        return found

    def meaning(
        self, status: int, retry_after: str, body: bytes, message: OutgoingSms
    ) -> HandedOver | RouteUnavailable:
        """Return the outcome of one part."""
        code = f"http-{status}"
        if status in (200, 202):
            return HandedOver(Outcome.ACCEPTED, message.reference, code)
        if status == 400:
            # Kannel judges numbers by its own white and black lists only.
            return HandedOver(Outcome.REFUSED, "", f"{code}-recipient")
        return RouteUnavailable(code, retry_after=seconds_to_wait(retry_after))
