"""What comes back when an e-mail could not be delivered (RFC 3464).

Every mail has a return path of its own, b+<token>@<bounce domain>: the token names one
delivery and cannot be made up, so a bounce needs no guessing and a forged one does nothing.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesParser
from enum import StrEnum

from django.conf import settings

from encryption.digests import sha256_hex
from encryption.references import open_reference
from notifications.links import delivery_of_number
from notifications.services.storing import store_receipt

logger = logging.getLogger(__name__)

MOST_OCTETS = 2 * 1024 * 1024
#: Under this name bounces are stored beside the receipts of SMS providers.
PROVIDER = "mail"

_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_TOKEN = r"b\+([A-Za-z0-9_-]{22})@"  # noqa: S105
_ENVELOPE_HEADERS = ("X-Original-To", "Delivered-To", "To")


class Taken(StrEnum):
    """What was done with a mail to a return path."""

    STORED = "stored"
    REPEATED = "repeated"
    #: No word on a delivery of ours: an auto-reply, a forgery, an answer to another product.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail server's word on one delivery: failed, delayed or delivered."""

    dispatch_id: int
    seq: int
    status: str
    code: str


def take_bounce(mail: bytes, recipient: str = "") -> Taken:
    """Store what a mail to a return path says; it is applied later, like any receipt.

    recipient: the address it came to, if the mail server tells.
    """
    bounce = read_bounce(mail[:MOST_OCTETS], recipient)
    if bounce is None:
        logger.info("mail to a return path is no bounce of ours octets=%d", len(mail))
        return Taken.UNKNOWN
    is_new = store_receipt(
        provider=PROVIDER,
        # The same report may come by several ways; its words differ, what it says does not.
        event_id=sha256_hex(f"{bounce}")[:40],
        status=bounce.status,
        delivery=(bounce.dispatch_id, bounce.seq),
        code=bounce.code,
    )
    return Taken.STORED if is_new else Taken.REPEATED


def read_bounce(mail: bytes, recipient: str = "") -> Bounce | None:
    """Return what a delivery status notification says; None for any other mail."""
    message = BytesParser(policy=policy.compat32).parsebytes(mail)
    number = _number_in(message, recipient)
    if number is None:
        return None
    report = _report_in(message)
    if report is None:
        return None
    action, code = report
    dispatch_id, seq = delivery_of_number(number)
    status = {
        "failed": "undeliverable",
        "delayed": "delayed",
        "delivered": "delivered",
        "expanded": "",
        "relayed": "",
    }.get(action, "")
    if status == "undeliverable" and code.startswith("4."):
        # Given up after days of trying: the address may be right all the same.
        status = "expired"
    return Bounce(dispatch_id, seq, status, f"smtp-{code}" if code else "") if status else None


def _number_in(message: Message, recipient: str) -> int | None:
    """Return the delivery named by the return path or, where a server folded it, by our id."""
    domain = re.escape(settings.MAIL_BOUNCE_DOMAIN)
    addresses = [recipient, *(str(message.get(name, "")) for name in _ENVELOPE_HEADERS)]
    for address in addresses:
        found = re.search(_TOKEN + domain, address)
        if found and (number := open_reference("delivery", found.group(1))) is not None:
            return number
    # A server that wrote it in small letters spoilt the token; the Message-ID it sends back with
    # the report holds the same one.
    named = re.compile(
        rb"^Message-ID:\s*<([A-Za-z0-9_-]{22})@" + domain.encode(), re.MULTILINE | re.IGNORECASE
    )
    for part in message.walk():
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            own = named.search(_content(part))
            if own:
                return open_reference("delivery", own.group(1).decode("ascii"))
    return None


def _content(part: Message) -> bytes:
    payload = part.get_payload()
    if isinstance(payload, list):
        return b"".join(_headers(each) for each in payload if isinstance(each, Message))
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""


def _headers(message: Message) -> bytes:
    return b"".join(
        f"{name}: {value}\n".encode("utf-8", "replace") for name, value in message.items()
    )


def _report_in(message: Message) -> tuple[str, str] | None:
    """Return (action, enhanced status) of the one recipient of a report."""
    for part in message.walk():
        if part.get_content_type() not in (
            "message/delivery-status",
            "message/global-delivery-status",
        ):
            continue
        blocks = part.get_payload()
        for block in blocks if isinstance(blocks, list) else []:
            if isinstance(block, Message) and "Action" in block:
                found = _STATUS.search(str(block.get("Status", "")))
                return str(block["Action"]).strip().lower(), found.group(0) if found else ""
    return None
