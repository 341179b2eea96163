"""The octets of an SMS: alphabets and the header that ties parts together (3GPP TS 23.038, 23.040).

The GSM alphabet is written one septet per octet, as SMPP carries it; a network packs it itself.
"""

from __future__ import annotations

from dataclasses import dataclass

# Column by column, code 0x00 to 0x7F; 0x1B, the escape, stands for no letter.
_TABLE = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPE = 0x1B
_AFTER_ESCAPE = {
    0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]",
    0x40: "|", 0x65: "€",
}  # fmt: skip
# Through Latin-1 and an escape sign, so that the work is done by str.translate.
_TO_OCTETS = {
    **{ord(letter): chr(code) for code, letter in enumerate(_TABLE) if code != _ESCAPE},
    **{ord(letter): chr(_ESCAPE) + chr(code) for code, letter in _AFTER_ESCAPE.items()},
}

_CONCATENATED_8_BIT = 0x00
_CONCATENATED_16_BIT = 0x08


def gsm_octets(text: str) -> bytes:
    """Return the septets of `text`. Raises UnicodeError for a letter the alphabet lacks."""
    octets = text.translate(_TO_OCTETS).encode("latin-1")
    if len(octets) < len(text) or not octets.isascii():
        raise UnicodeError("not in the GSM alphabet")
    return octets


def gsm_text(octets: bytes) -> str:
    """Return the text of septets; what the standard leaves open is shown as U+FFFD."""
    letters: list[str] = []
    escaped = False
    for code in octets:
        if escaped:
            # A phone that does not know the extension shows the letter of the basic table.
            letters.append(_AFTER_ESCAPE.get(code) or (_TABLE[code] if code < 128 else "\ufffd"))
            escaped = False
        elif code == _ESCAPE:
            escaped = True
        else:
            letters.append(_TABLE[code] if code < 128 else "\ufffd")
    return "".join(letters)


def ucs2_octets(text: str) -> bytes:
    """Return UTF-16, most significant octet first, as phones read "UCS-2"."""
    return text.encode("utf-16-be")


@dataclass(frozen=True, slots=True)
class Place:
    """Which part of which message: parts of one message share sender and `group`."""

    group: int
    number: int
    count: int


def part_header(place: Place) -> bytes:
    """Return the user data header of one part, its length octet included."""
    return bytes((5, _CONCATENATED_8_BIT, 3, place.group & 0xFF, place.count, place.number))


def split_header(octets: bytes) -> tuple[Place | None, bytes]:
    """Part a user data header from the text after it; the place is None if it names none."""
    length = octets[0] + 1 if octets else 0
    if not 1 <= length <= len(octets):
        return None, octets
    header, text = octets[1:length], octets[length:]
    position = 0
    while position + 2 <= len(header):
        kind, size = header[position], header[position + 1]
        value = header[position + 2 : position + 2 + size]
        position += 2 + size
        if kind == _CONCATENATED_8_BIT and len(value) == 3:
            return _place(value[0], value[2], value[1]), text
        if kind == _CONCATENATED_16_BIT and len(value) == 4:
            return _place(value[0] << 8 | value[1], value[3], value[2]), text
    return None, text


def _place(group: int, number: int, count: int) -> Place | None:
    return Place(group, number, count) if 1 <= number <= count and count > 1 else None
