"""What an answer by SMS means: safe, help, stop, or something a person has to read.

Asking for help beats everything else in the same message, and a "not" before
"safe" is never read as safe: a false alarm costs a call, the other mistake a life.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum


class Keyword(StrEnum):
    """What a message was understood as."""

    SAFE = "safe"
    HELP = "help"
    STOP = "stop"
    UNKNOWN = ""


# Words as `_plain` leaves them: no accents, no case, no Arabic vowel marks.
_HELP = {
    "2",
    "help",
    "sos",
    "danger",
    "hurt",
    "injured",
    "trapped",
    "aide",
    "aidez",
    "secours",
    "blesse",
    "blessee",
    "coince",
    "ayuda",
    "ayudenme",
    "auxilio",
    "socorro",
    "herido",
    "herida",
    "peligro",
    "مساعده",
    "مساعدة",
    "ساعدوني",
    "ساعدني",
    "النجده",
    "النجدة",
    "نجده",
    "خطر",
    "مصاب",
    "مصابه",
}
_SAFE = {
    "1",
    "safe",
    "ok",
    "okay",
    "fine",
    "sauf",
    "sauve",
    "securite",
    "abri",
    "bien",
    "salvo",
    "seguro",
    "segura",
    "bueno",
    "امن",
    "آمن",
    "امنه",
    "بخير",
    "سالم",
    "سالمه",
    "بامان",
}
_NOT = {"not", "no", "dont", "never", "pas", "non", "nunca", "ne", "لست", "ليس", "لا", "غير", "مش"}
_STOP = {"stop", "unsubscribe", "arret", "arreter", "alto", "baja", "توقف", "ايقاف", "إيقاف", "قف"}
# Longer messages say more than a keyword can: a person reads them.
_SHORT = 6


def _plain(text: str) -> list[str]:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(
        ""
        if unicodedata.combining(char) or char == "ـ"
        else str(unicodedata.decimal(char))
        if char.isdecimal()
        else char
        for char in decomposed
    )
    # Apostrophes join: "don't" is one word.
    return re.findall(r"\w+", bare.replace("'", "").replace("’", ""))


_FOLDED = {
    kind: frozenset(word for entry in words for word in _plain(entry))
    for kind, words in (("help", _HELP), ("safe", _SAFE), ("not", _NOT), ("stop", _STOP))
}


def read_keyword(text: str) -> Keyword:
    """Tell what a short message means in any of our languages."""
    words = _plain(text)
    found = set(words)
    if found & _FOLDED["help"]:
        return Keyword.HELP
    if found & _FOLDED["safe"]:
        if found & _FOLDED["not"]:
            return Keyword.HELP
        return Keyword.SAFE if len(words) <= _SHORT else Keyword.UNKNOWN
    if found & _FOLDED["stop"] and len(words) <= 3:
        return Keyword.STOP
    return Keyword.UNKNOWN
