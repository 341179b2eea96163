"""What an SMSC delivers: a receipt for a message of ours, or the words of a person."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from notifications.channels.smpp_wire import HAS_HEADER, DeliverSm
from notifications.channels.sms_octets import Place, gsm_text, split_header

_IS_RECEIPT = 0x04
_MESSAGE_TYPE = 0x3C
_WORD = re.compile(r"\b(id|stat):([^\s]+)", re.IGNORECASE)
_HEADER_OF_NONE = 0xF0
# Final states, by number (tag) and by word (text); the others say nothing yet.
_STATES = {2: "delivered", 3: "expired", 4: "undeliverable", 5: "undeliverable", 8: "rejected"}
_WORDS = {
    "DELIVRD": "delivered",
    "EXPIRED": "expired",
    "DELETED": "undeliverable",
    "UNDELIV": "undeliverable",
    "REJECTD": "rejected",
}
_ALPHABETS = {0x01: "ascii", 0x03: "latin-1", 0x06: "iso8859-5", 0x07: "iso8859-8"}


@dataclass(frozen=True, slots=True)
class ReceiptWord:
    """A final word on the message with this id at the SMSC."""

    reference: str
    status: str


@dataclass(frozen=True, slots=True)
class PersonWord:
    """A message, or one part of a long one."""

    sender: str = field(repr=False)
    text: str = field(repr=False)
    place: Place | None


def read_delivery(
    message: DeliverSm, *, ids_are_decimal: bool = False
) -> ReceiptWord | PersonWord | None:
    """Return what was delivered; None for a receipt that is not final or names no message.

    ids_are_decimal: receipts name in decimal what submit_sm_resp named in hexadecimal.
    """
    if message.esm_class & _MESSAGE_TYPE:
        return _receipt(message, ids_are_decimal)
    place, octets = None, message.octets
    if message.esm_class & HAS_HEADER:
        place, octets = split_header(octets)
    elif message.sar is not None:
        group, number, count = message.sar
        place = Place(group, number, count)
    sender = message.source
    if sender.isdecimal() and not sender.startswith("0"):
        sender = f"+{sender}"
    # Databases keep no zero octet.
    return PersonWord(sender, _text(octets, message.data_coding).replace("\0", ""), place)


def _receipt(message: DeliverSm, ids_are_decimal: bool) -> ReceiptWord | None:
    if message.esm_class & _MESSAGE_TYPE != _IS_RECEIPT:
        return None
    words = {
        name.lower(): value for name, value in _WORD.findall(message.octets.decode("latin-1"))[:2]
    }
    reference = message.receipted_id or words.get("id", "")
    status = _STATES.get(message.message_state) or _WORDS.get(words.get("stat", "").upper(), "")
    if not reference or not status:
        return None
    if ids_are_decimal and not message.receipted_id and reference.isdecimal():
        reference = f"{int(reference):x}"
    return ReceiptWord(reference[:60], status)


def _text(octets: bytes, coding: int) -> str:
    """Return text in any alphabet; what cannot be read is shown as such, never dropped."""
    if coding & 0xF0 == _HEADER_OF_NONE:
        # Message class: bit 2 tells 8 bits from the GSM alphabet.
        coding = 0x03 if coding & 0x04 else 0x00
    if coding & 0x0F == 0x08:
        return octets.decode("utf-16-be", "surrogatepass" if len(octets) % 2 == 0 else "replace")
    if coding == 0x00:
        return gsm_text(octets)
    if coding in (0x02, 0x04):
        try:
            return octets.decode("utf-8")
        except UnicodeDecodeError:
            return octets.decode("latin-1")
    return octets.decode(_ALPHABETS.get(coding, "latin-1"), "replace")
