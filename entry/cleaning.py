"""Text hygiene: take out what cannot be seen, keep everything that is read.

People paste names from chat programs and phone books, which wrap them in invisible direction
marks, and some type them on purpose to make one text look like another. What is stored is the
text alone: Unicode NFC, no direction marks, no control characters, single spaces.
"""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

ZERO_WIDTH_NON_JOINER = "\u200c"
ZERO_WIDTH_JOINER = "\u200d"
_JOINERS = ZERO_WIDTH_NON_JOINER + ZERO_WIDTH_JOINER

# Direction marks first, then fillers, soft hyphen, byte order mark, annotation and tag
# characters, non-characters: none of them shows, all of them make equal texts unequal.
_UNSEEN = re.compile(
    "[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    "\u00ad\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2065\u206a-\u206f\u2800\u3164\ufeff\uffa0"
    "\ufff9-\ufffc\ufdd0-\ufdef\ufffe\uffff\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
_LINE_ENDS = re.compile("\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x01-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f]")
# \s covers the Unicode spaces (Zs), tab and the line ends.
_SPACES = re.compile(r"\s+")
_SURROGATES = re.compile("[\ud800-\udfff]")
_VIRAMA = 9  # canonical combining class of the signs that suppress a vowel


def clean_line(text: str) -> str:
    """Return `text` as one line: NFC, nothing invisible, single spaces, no outer space.

    Raises ValidationError (codes `null_character`, `broken_character`) for text that cannot
    be stored.
    """
    return _clean(_SPACES.sub(" ", _refuse_unstorable(text)))


def clean_block(text: str) -> str:
    """Return `text` cleaned like `clean_line`, line by line, with at most one empty line running.

    Raises ValidationError as `clean_line` does.
    """
    lines = _LINE_ENDS.split(_refuse_unstorable(text))
    block = "\n".join(_clean(_SPACES.sub(" ", line)) for line in lines)
    return re.sub("\n{3,}", "\n\n", block).strip("\n")


def ascii_digits(text: str) -> str:
    """Return `text` with every decimal digit of any script as 0-9; the rest is untouched."""
    return "".join(
        character
        if character.isascii() or (value := unicodedata.decimal(character, None)) is None
        else str(value)
        for character in text
    )


def _refuse_unstorable(text: str) -> str:
    if "\0" in text:
        raise ValidationError(
            _("This contains a character that cannot be used. Type it again."),
            code="null_character",
        )
    if _SURROGATES.search(text):
        raise ValidationError(
            _("Part of this text was damaged on the way. Type it again."),
            code="broken_character",
        )
    return text


def _clean(line: str) -> str:
    seen = _CONTROLS.sub("", _UNSEEN.sub("", line))
    joined = _keep_meant_joiners(seen) if any(joiner in seen for joiner in _JOINERS) else seen
    # Taking characters out can leave two spaces together or bring a letter to its accent.
    return unicodedata.normalize("NFC", _SPACES.sub(" ", joined)).strip(" ")


def _keep_meant_joiners(text: str) -> str:
    """Drop joiners except where they change how a word is written.

    Between letters they are spelling (Persian, Sinhala), after a vowel killer at the end of a
    word too (older Malayalam), and between pictures they make one picture.
    """
    kept: list[str] = []
    for position, character in enumerate(text):
        if character not in _JOINERS:
            kept.append(character)
            continue
        before = kept[-1] if kept else " "
        after = text[position + 1] if position + 1 < len(text) else " "
        is_after_virama = unicodedata.combining(before) == _VIRAMA
        is_between_letters = _is_lettering(before) and _is_lettering(after)
        if before not in _JOINERS and (is_between_letters or is_after_virama):
            kept.append(character)
    return "".join(kept)


def _is_lettering(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM" or unicodedata.category(character) == "So"
