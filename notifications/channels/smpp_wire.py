"""SMPP 3.4 on the wire: the few PDUs a sender and a listener need.

A PDU is length, command id, status and sequence number, four octets each, then its body.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

HEADER = struct.Struct(">IIII")
MAX_PDU = 64 * 1024

GENERIC_NACK = 0x80000000
BIND_RECEIVER = 0x00000001
BIND_TRANSMITTER = 0x00000002
SUBMIT_SM = 0x00000004
DELIVER_SM = 0x00000005
UNBIND = 0x00000006
BIND_TRANSCEIVER = 0x00000009
ENQUIRE_LINK = 0x00000015
RESPONSE = 0x80000000

OK = 0x00000000
UNKNOWN_COMMAND = 0x00000003
#: "Not now": the SMSC keeps the message and delivers it again.
TRY_AGAIN_LATER = 0x00000064

INTERFACE_VERSION = 0x34
#: esm_class: the text begins with a user data header.
HAS_HEADER = 0x40
DEFAULT_ALPHABET = 0x00
UCS2 = 0x08

# Tag, then what is kept of its value.
_RECEIPTED_MESSAGE_ID = 0x001E
_MESSAGE_STATE = 0x0427
_MESSAGE_PAYLOAD = 0x0424
_SAR_REFERENCE = 0x020C
_SAR_TOTAL = 0x020E
_SAR_NUMBER = 0x020F


class Garbled(ValueError):
    """Octets that are no PDU; the connection cannot be read any further."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """One PDU as it came."""

    command: int
    status: int
    sequence: int
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeliverSm:
    """What the SMSC delivers to us: a receipt or a person's message."""

    source: str = field(repr=False)
    source_ton: int
    destination: str
    esm_class: int
    data_coding: int
    octets: bytes = field(repr=False)
    tags: dict[int, bytes] = field(repr=False)

    @property
    def receipted_id(self) -> str:
        """The message id a receipt names in its tags, or an empty string."""
        value = self.tags.get(_RECEIPTED_MESSAGE_ID, b"")
        return value.rstrip(b"\0").decode("latin-1")

    @property
    def message_state(self) -> int:
        """The state a receipt names in its tags; 0 for none."""
        value = self.tags.get(_MESSAGE_STATE, b"")
        return value[0] if len(value) == 1 else 0

    @property
    def sar(self) -> tuple[int, int, int] | None:
        """(group, number, count) if tags tie this part to others."""
        values = [
            int.from_bytes(self.tags.get(tag, b""), "big")
            for tag in (_SAR_REFERENCE, _SAR_NUMBER, _SAR_TOTAL)
        ]
        return (values[0], values[1], values[2]) if values[2] > 1 else None


def pdu(command: int, sequence: int, body: bytes = b"", *, status: int = OK) -> bytes:
    """Return a PDU's octets."""
    return HEADER.pack(16 + len(body), command, status, sequence) + body


def first_pdu(buffer: bytes | bytearray, offset: int = 0) -> tuple[Pdu, int] | None:
    """Return the PDU at `offset` and where it ends; None if it is not all there. Raises Garbled."""
    if len(buffer) - offset < 16:
        return None
    length, command, status, sequence = HEADER.unpack_from(buffer, offset)
    if not 16 <= length <= MAX_PDU:
        raise Garbled("no PDU is so long")
    end = offset + length
    if len(buffer) < end:
        return None
    return Pdu(command, status, sequence, bytes(buffer[offset + 16 : end])), end


def bind_body(system_id: str, password: str, system_type: str) -> bytes:
    """Return the body of any of the three binds."""
    texts = b"".join(_c_octets(text) for text in (system_id, password, system_type))
    return texts + bytes((INTERFACE_VERSION, 0, 0)) + b"\0"


def source_address(sender: str) -> bytes:
    """Return type, plan and address of what a phone shows as the sender."""
    if sender.startswith("+"):
        return b"\x01\x01" + _c_octets(sender[1:])
    if sender.isdecimal():
        # A short code means something in its own network only.
        return b"\x03\x00" + _c_octets(sender)
    return b"\x05\x00" + _c_octets(sender)


def submit_body(
    *,
    source: bytes,
    number_e164: str,
    octets: bytes,
    data_coding: int,
    has_header: bool,
    validity: str,
    wants_receipt: bool,
) -> bytes:
    """Return the body of a submit_sm; `source` as source_address() gives it."""
    return b"".join(
        (
            b"\0",
            source,
            b"\x01\x01",
            number_e164[1:].encode("ascii"),
            b"\0",
            bytes((HAS_HEADER if has_header else 0, 0, 0, 0)),
            validity.encode("ascii"),
            b"\0",
            bytes((1 if wants_receipt else 0, 0, data_coding, 0, len(octets))),
            octets,
        )
    )


def relative_validity(seconds: int) -> str:
    """Return a validity period counted from when the SMSC takes the message."""
    days, rest = divmod(min(seconds, 14 * 86400), 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    return f"0000{days:02}{hours:02}{minutes:02}{rest:02}000R"


def message_id(body: bytes) -> str:
    """Return the id in the body of a submit_sm_resp; an empty string if there is none."""
    return body.partition(b"\0")[0].decode("latin-1")


def deliver_sm(body: bytes) -> DeliverSm:
    """Read the body of a deliver_sm. Raises Garbled."""
    try:
        return _deliver_sm(body)
    except (IndexError, ValueError) as error:
        raise Garbled("no deliver_sm") from error


def _deliver_sm(body: bytes) -> DeliverSm:
    _service, at = _c_text(body, 0)
    source_ton = body[at]
    source, at = _c_text(body, at + 2)
    destination, at = _c_text(body, at + 2)
    esm_class = body[at]
    _schedule, at = _c_text(body, at + 3)
    _validity, at = _c_text(body, at)
    data_coding, length = body[at + 2], body[at + 4]
    at += 5
    octets = body[at : at + length]
    if len(octets) < length:
        raise ValueError
    tags = _tags(body, at + length)
    return DeliverSm(
        source,
        source_ton,
        destination,
        esm_class,
        data_coding,
        octets or tags.get(_MESSAGE_PAYLOAD, b""),
        tags,
    )


def _tags(body: bytes, at: int) -> dict[int, bytes]:
    tags: dict[int, bytes] = {}
    while at + 4 <= len(body):
        tag, length = struct.unpack_from(">HH", body, at)
        tags[tag] = body[at + 4 : at + 4 + length]
        at += 4 + length
    return tags


def _c_octets(text: str) -> bytes:
    octets = text.encode("latin-1")
    if b"\0" in octets:
        raise ValueError("a zero octet ends a text here")
    return octets + b"\0"


def _c_text(body: bytes, at: int) -> tuple[str, int]:
    end = body.index(b"\0", at)
    return body[at:end].decode("latin-1"), end + 1
