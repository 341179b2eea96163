"""What an answer by SMS means: safe, help, stop, here, moved, home, or a person has to read it.

Asking for help beats everything else in the same message, and a "not" before
"safe" is never read as safe: a false alarm costs a call, the other mistake a life.
For the same reason a question ("is it safe?") and a bare "ok", which may only mean
"understood", are nobody's word that they are safe.
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
    HERE = "here"
    MOVED = "moved"
    HOME = "home"
    UNKNOWN = ""


# One line per language: English, French, Spanish, Arabic. How they are written here does not
# matter: they are compared as `_plain` leaves them, without accents, case or vowel marks.
_HELP = """
    help sos danger dangerous unsafe hurt injured wounded bleeding trapped stuck emergency urgent
    aide aidez aider secours blesse blessee blesses blessees coince coincee coinces bloque
    bloquee bloques urgence
    ayuda ayudame ayudenme ayudennos auxilio socorro herido herida heridos peligro atrapado
    atrapada emergencia urgente
    مساعدة مساعده المساعدة ساعدوني ساعدونا ساعدني النجدة نجدة انقذوني انقذونا انجدوني خطر بخطر
    الخطر مصاب مصابة جريح جريحة محاصر محاصرة محاصرون عالق عالقة طوارئ
"""
_SAFE = """
    safe
    sauf sauve saine securite abri bien
    salvo seguro segura seguros bien
    آمن آمنة آمنون بخير سالم سالمة سالمون بأمان أمان الأمان بسلام
"""
# Well, or only "I have read it"? They count with another word beside them: "I am ok".
_WELL = """
    ok okay okey fine good
    oui va
    bueno buena
    تمام كويس منيح
"""
_NOT = """
    not no dont doesnt isnt arent wasnt never nobody nor cant cannot without
    pas non ne n ni jamais sans aucun aucune
    nunca tampoco sin nadie
    لست ليس ليست لسنا ليسوا لا غير مش مو ما بدون ولا
"""
_STOP = """
    stop unsubscribe
    arret arreter
    alto baja parar
    توقف أوقف إيقاف قف
"""
_HERE = """
    here
    ici la
    aqui aca
    هنا
"""
# Where to is for a person to read.
_MOVED = """
    moved relocated
    demenage demenagee
    mudado mudada mude trasladado trasladada
    انتقلت انتقلنا رحلت
"""
# Back in the country of one's passport. At home may be at home abroad: see _AT.
_HOME = """
    home
    maison rentre rentree rentres
    casa regrese regresado regresamos
    الوطن وطني بلدي البلد رجعت رجعنا عدت عدنا
"""
_AT = """
    at in stay staying going soon tomorrow
    en chez dans reste bientot demain
    voy pronto manana quedo
    في غدا سوف
"""
# With these a message asks rather than tells.
_ASKING = """
    is are can could should when where what how who why which do does
    est quand comment pourquoi quoi puis peut dois faut
    cuando donde como puedo debo que cual
    هل متى أين وين كيف ماذا شو لماذا
"""
_POLITE = """
    please thanks thank you
    merci svp
    gracias favor por
    شكرا
"""
# What a message of one digit answers, with or without a please.
_DIGITS = {"1": Keyword.SAFE, "2": Keyword.HELP}
# Longer messages say more than a keyword can: a person reads them.
_SHORT = 6
_BRIEF = 4
# "Don't" is one word; the apostrophes of other words part them: d'aide, l'aide, I'm.
_NEGATED = re.compile("n['’ʼ´`]t\\b")
_ABBREVIATED = re.compile(r"\b(\w)\.(?=\w\b)")
_DRAWN_OUT = re.compile(r"(\w)\1{2,}")
_QUESTION_MARKS = frozenset("?؟¿")


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
    joined = _ABBREVIATED.sub(r"\1", _NEGATED.sub("nt", bare))
    return re.findall(r"[^\W_]+", joined)


def _folded(words: str) -> frozenset[str]:
    return frozenset(word for entry in words.split() for word in _plain(entry))


_HELP_WORDS, _SAFE_WORDS, _WELL_WORDS = _folded(_HELP), _folded(_SAFE), _folded(_WELL)
_NOT_WORDS, _STOP_WORDS = _folded(_NOT), _folded(_STOP)
_HERE_WORDS, _MOVED_WORDS = _folded(_HERE), _folded(_MOVED)
_HOME_WORDS, _AT_WORDS = _folded(_HOME), _folded(_AT)
_ASKING_WORDS, _POLITE_WORDS = _folded(_ASKING), _folded(_POLITE)


def read_keyword(text: str) -> Keyword:
    """Tell what a message means in any of our languages."""
    words = _plain(text)
    # "Heeelp" and "SAFEEE" are typed in a hurry; no word of ours has a letter three times.
    found = set(words) | {_DRAWN_OUT.sub(r"\1", word) for word in words}
    telling = [word for word in words if word not in _POLITE_WORDS]
    if len(telling) == 1 and telling[0] in _DIGITS:
        return _DIGITS[telling[0]]
    if found & _HELP_WORDS:
        return Keyword.HELP
    if found & (_SAFE_WORDS | _WELL_WORDS):
        return _how_well(text, words, found)
    if found & _STOP_WORDS and len(words) <= 3:
        return Keyword.STOP
    return _where(text, words, found)


def _where(text: str, words: list[str], found: set[str]) -> Keyword:
    """Judge a message that speaks neither of safety nor of stopping."""
    if not words or words[0] in _ASKING_WORDS or _QUESTION_MARKS & set(text):
        return Keyword.UNKNOWN
    if found & _HOME_WORDS and not found & (_NOT_WORDS | _MOVED_WORDS):
        # More than a word or two may mean anything: then a person reads it.
        is_plain = len(words) <= _BRIEF and not found & _AT_WORDS
        return Keyword.HOME if is_plain else Keyword.MOVED
    if found & _MOVED_WORDS and not found & _NOT_WORDS:
        return Keyword.MOVED
    if found & _HERE_WORDS and not found & _NOT_WORDS and len(words) <= _BRIEF:
        return Keyword.HERE
    return Keyword.UNKNOWN


def _how_well(text: str, words: list[str], found: set[str]) -> Keyword:
    """Judge a message that has a word for safe or well in it, and none for help."""
    is_question = bool(_QUESTION_MARKS & set(text)) or words[0] in _ASKING_WORDS
    if is_question:
        return Keyword.UNKNOWN
    if found & _NOT_WORDS:
        return Keyword.HELP
    if len(words) > _SHORT:
        return Keyword.UNKNOWN
    if not found & _SAFE_WORDS and not found - _WELL_WORDS - _POLITE_WORDS:
        return Keyword.UNKNOWN
    return Keyword.SAFE
