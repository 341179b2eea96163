"""The order of names in a list, per language, without ICU (the servers from wheels lack it)."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from anyascii import anyascii

# Letters that are written apart but looked up together.
_ARABIC_FOLDING: Final = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ة": "ه", "ى": "ي", "ؤ": "و", "ئ": "ي", "ـ": None}
)
_ARABIC_LETTER: Final = re.compile(r"[\u0621-\u064a]")
_LAST: Final = "\uffff"


def sort_key(name: str, language: str) -> tuple[bool, str, str]:
    """Return a key that sorts names as readers of the language look them up.

    Accents, capitals and punctuation do not count, except that ñ follows n in Spanish. In Arabic
    the article does not count and names that have only a Latin spelling come last.
    """
    if language == "ar":
        is_latin = not _ARABIC_LETTER.search(name)
        return is_latin, _latin(name) if is_latin else _arabic(name), name
    if language == "es":
        name = name.replace("ñ", f"n{_LAST}").replace("Ñ", f"N{_LAST}")
        return False, _LAST.join(_latin(part) for part in name.split(_LAST)), name
    return False, _latin(name), name


def _latin(name: str) -> str:
    plain = anyascii(unicodedata.normalize("NFC", name)).casefold()
    return re.sub(r"[^a-z0-9 ]+", "", plain.replace("-", " "))


def _arabic(name: str) -> str:
    bare = "".join(
        letter for letter in unicodedata.normalize("NFC", name) if not unicodedata.combining(letter)
    )
    # The article is cut before folding: ألمانيا begins with a letter of its own, not with ال.
    return bare.removeprefix("ال").translate(_ARABIC_FOLDING)
