"""What differs between gateways that take an SMS over HTTP: the request, and what an answer means.

Connections, time-outs and windows are the same for all: see notifications.channels.httpsms.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Protocol

from notifications.channels.addresses import check_phone_number
from notifications.channels.http_answers import json_object, meaning_of
from notifications.channels.protocol import HandedOver, OutgoingSms, RouteUnavailable


@dataclass(frozen=True, slots=True)
class Request:
    """One POST; the path never holds anything of a person."""

    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Dialect(Protocol):
    """How one kind of gateway is spoken to."""

    def requests(self, message: OutgoingSms) -> list[Request]:
        """Return the requests for a message, one or, where parts travel alone, several."""
        ...

    def meaning(
        self, status: int, retry_after: str, body: bytes, message: OutgoingSms
    ) -> HandedOver | RouteUnavailable:
        """Return what the answer to one request means."""
        ...


@dataclass(frozen=True, slots=True)
class PlainJson:
    """POST {"to", "from", "text", "reference", "validity_seconds"} with a bearer secret."""

    sender: str
    secret: str = field(default="", repr=False)

    def requests(self, message: OutgoingSms) -> list[Request]:
        """Return the one request; the gateway cuts long texts."""
        body = json.dumps(
            {
                "to": check_phone_number(message.recipient_e164),
                "from": self.sender,
                "text": message.text,
                "reference": message.reference,
                "validity_seconds": message.validity_seconds,
            }
        ).encode("ascii")
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Idempotency-Key": message.reference,
        }
        if self.secret:
            headers["Authorization"] = f"Bearer {self.secret}"
        return [Request(headers, body)]

    def meaning(
        self, status: int, retry_after: str, body: bytes, message: OutgoingSms
    ) -> HandedOver | RouteUnavailable:
        """Return the outcome; see notifications.channels.http_answers."""
        return meaning_of(status, retry_after, json_object(body))
