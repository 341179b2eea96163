"""How many parts an SMS takes and where it is cut (3GPP TS 23.038 and 23.040).

A text goes out in the GSM 7-bit alphabet if all of it fits after replacements that keep its
meaning (typographic quotes, dashes, spaces), else untouched in UCS-2. No letter is ever
replaced by another or by "?": a name must arrive as it is written.
"""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Reached through an escape, so two septets each, never to be cut apart.
_EXTENDED = frozenset("\f^{}\\[~]|€")

_REPLACEMENTS = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\u02bc\u00b4`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2022", "-"),
        **dict.fromkeys("\t\u00a0\u202f\u205f\u3000", " "),
        **{chr(code): " " for code in range(0x2000, 0x200B)},
        "\u2026": "...",
        "\u2044": "/",
        # Marks where a line or a word may be broken; they have no shape.
        **dict.fromkeys("\u00ad\u200b\u2060\ufeff", ""),
    }
)


class Encoding(enum.Enum):
    """The alphabet, with the units one part holds: alone, and as one of several."""

    GSM7 = ("gsm-7", 160, 153)
    UCS2 = ("ucs-2", 70, 67)

    def __init__(self, label: str, alone: int, joined: int) -> None:
        self.label = label
        self.units_alone = alone
        self.units_joined = joined


@dataclass(frozen=True, slots=True)
class Segmentation:
    """A text cut into the parts that are sent and paid for.

    Units are septets (GSM 7-bit) or UTF-16 code units (UCS-2). `units_left_in_part` is how
    many more fit before another part begins.
    """

    encoding: Encoding
    parts: tuple[str, ...]
    units_used: int
    units_left_in_part: int

    @property
    def text(self) -> str:
        """The text as it is sent, replacements made."""
        return "".join(self.parts)


def segment(text: str) -> Segmentation:
    """Cut `text` into parts. An empty text has none."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not _is_gsm(text):
        replaced = unicodedata.normalize("NFC", text).translate(_REPLACEMENTS)
        if not _is_gsm(replaced):
            clusters = list(_clusters(text))
            widths = [len(cluster) + sum(map(_is_pair, cluster)) for cluster in clusters]
            return _cut(Encoding.UCS2, clusters, widths)
        text = replaced
    return _cut(Encoding.GSM7, text, [1 + (character in _EXTENDED) for character in text])


def _is_gsm(text: str) -> bool:
    characters = set(text)
    return characters <= _BASIC or characters <= _BASIC | _EXTENDED


def _is_pair(character: str) -> bool:
    """Whether UTF-16 writes the character as a surrogate pair."""
    return character > "\uffff"


def _cut(encoding: Encoding, pieces: Sequence[str], widths: Sequence[int]) -> Segmentation:
    """Fill part after part with whole pieces, each so many units wide."""
    total = sum(widths)
    if total <= encoding.units_alone:
        parts = ["".join(pieces)] if pieces else []
        return Segmentation(encoding, tuple(parts), total, encoding.units_alone - total)
    parts, begin, used = [], 0, 0
    for position, width in enumerate(widths):
        if used + width > encoding.units_joined:
            parts.append("".join(pieces[begin:position]))
            begin, used = position, 0
        used += width
    parts.append("".join(pieces[begin:]))
    return Segmentation(encoding, tuple(parts), total, encoding.units_joined - used)


def _clusters(text: str) -> Iterator[str]:
    """Yield each base with its combining marks, as long as one part can hold them."""
    cluster, used = "", 0
    for character in text:
        units = 1 + _is_pair(character)
        is_joined = unicodedata.category(character).startswith("M") or character == "\u200d"
        if cluster and not (is_joined and used + units <= Encoding.UCS2.units_joined):
            yield cluster
            cluster, used = "", 0
        cluster += character
        used += units
    if cluster:
        yield cluster
