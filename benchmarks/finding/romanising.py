"""Spelling standards for names, written from the standards and not from the product's tables.

Each scheme turns a word of one script into Latin letters the way one authority or language
does it, so that a benchmark's queries do not come from the rules they are meant to test.
"""

from __future__ import annotations

import random
import re
import unicodedata


def _listed(text: str) -> list[str]:
    return text.split()


def _table(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split())


_RU = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_SCHEMES: dict[str, list[list[str]]] = {
    # ICAO Doc 9303; BGN/PCGN simplified; French press; German press; scholarly without marks.
    "russian": [
        _listed("a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch ie y - e iu ia"),
        _listed("a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch - y - e yu ya"),
        _listed("a b v g d e io j z i i k l m n o p r s t ou f kh ts tch ch chtch - y - e iou ia"),
        _listed(
            "a b w g d e jo sch s i j k l m n o p r s t u f ch z tsch sch schtsch - y - e ju ja"
        ),
        _listed("a b v g d e e z z i j k l m n o p r s t u f h c c s sc - y - e ju ja"),
    ],
}
_UK = "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя'"
_SCHEMES["ukrainian"] = [
    _listed("a b v h g d e ie zh z y i i i k l m n o p r s t u f kh ts ch sh shch - iu ia -"),
    _listed("a b v g g d e ye zh z i i yi y k l m n o p r s t u f kh ts ch sh shch - yu ya -"),
    _listed(
        "a b w h g d e je sch s y i ji j k l m n o p r s t u f ch z tsch sch schtsch - ju ja -"
    ),
    _listed("a b w h g d e je z z y i ji j k l m n o p r s t u f ch c cz sz szcz - ju ja -"),
]
_SR = "абвгдђежзијклљмнњопрстћуфхцчџш"
_SCHEMES["serbian"] = [
    _listed("a b v g d đ e ž z i j k l lj m n nj o p r s t ć u f h c č dž š"),
    _listed("a b v g d dj e z z i j k l lj m n nj o p r s t c u f h c c dz s"),
    _listed("a b v g d dj e zh z i y k l ly m n ny o p r s t ch u f h ts ch dzh sh"),
]
_EL = "αβγδεζηθικλμνξοπρσςτυφχψω"
_SCHEMES["greek"] = [
    _listed("a v g d e z i th i k l m n x o p r s s t y f ch ps o"),
    _listed("a v g d e z i th i k l m n ks o p r s s t i f h ps o"),
    _listed("a v y d e z i th i k l m n x o p r s s t i ph kh ps o"),
]
_KA = "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ"
_SCHEMES["georgian"] = [
    _listed("a b g d e v z t i k l m n o p zh r s t u p k gh q sh ch ts dz ts ch kh j h"),
    _listed("a b g d e v z t i k l m n o p j r s t u ph k gh k sh tch ts dz ts tch kh dj h"),
]
_HY = "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆև"
_SCHEMES["armenian"] = [
    _listed(
        "a b g d e z e y t zh i l kh ts k h dz gh ch m y n sh o ch p j r s v t r ts v p k o f ev"
    ),
    _listed(
        "a p k t e z e e t j i l kh dz g h tz gh j m y n ch o tch b dj r s v d r ts v p k o f ev"
    ),
]
_LETTERS = {
    "russian": _RU,
    "ukrainian": _UK,
    "serbian": _SR,
    "greek": _EL,
    "georgian": _KA,
    "armenian": _HY,
}
_GREEK_PAIRS = {
    "ου": "ou",
    "ευ": "ef",
    "αυ": "af",
    "ει": "ei",
    "οι": "oi",
    "αι": "ai",
    "γγ": "ng",
    "γκ": "gk",
    "ντ": "nt",
    "τζ": "tz",
    "τσ": "ts",
}
_INTO: dict[str, dict[str, str]] = {
    "russian": _table(
        "sch=ш tch=ч sh=ш ch=ч zh=ж kh=х ph=ф th=т ck=к qu=кв ya=я yu=ю yo=ё ou=у ee=и oo=у "
        "a=а b=б c=к d=д e=е f=ф g=г h=х i=и j=дж k=к l=л m=м n=н o=о p=п q=к r=р s=с t=т "
        "u=у v=в w=в x=кс y=и z=з"
    ),
    "greek": _table(
        "sh=σ ch=τσ th=θ ph=φ kh=χ ou=ου ck=κ qu=κου a=α b=μπ c=κ d=ντ e=ε f=φ g=γκ h=χ i=ι "
        "j=τζ k=κ l=λ m=μ n=ν o=ο p=π q=κ r=ρ s=σ t=τ u=ου v=β w=ου x=ξ y=ι z=ζ"
    ),
    "arabic": _table(
        "sch=ش sh=ش ch=تش th=ث ph=ف kh=خ gh=غ ou=و oo=و ee=ي ck=ك qu=ك a=ا b=ب c=ك d=د e= "
        "f=ف g=غ h=ه i=ي j=ج k=ك l=ل m=م n=ن o=و p=ب q=ق r=ر s=س t=ت u=و v=ف w=و x=كس y=ي z=ز"
    ),
    "hebrew": _table(
        "sch=ש sh=ש ch=צ' th=ת ph=פ kh=ח ou=ו oo=ו ee=י tz=צ ck=ק qu=קו a= b=ב c=ק d=ד e= f=פ "
        "g=ג h=ה i=י j=ג' k=ק l=ל m=מ n=נ o=ו p=פ q=ק r=ר s=ס t=ט u=ו v=ו w=ו x=קס y=י z=ז"
    ),
}


def without_marks(text: str) -> str:
    """Return text as it is typed on a keyboard without accents, in its own script."""
    swaps = str.maketrans("ёЁøØłŁđĐıßأإآىؤئ", "еЕoOlLdDisااايوي")
    kept = []
    for letter in text.translate(swaps):
        if letter in "йЙїЇ":
            kept.append(letter)
        else:
            parts = unicodedata.normalize("NFD", letter)
            is_plain = "LATIN" in unicodedata.name(letter, "") or "GREEK" in unicodedata.name(
                letter, ""
            )
            kept.append(
                "".join(p for p in parts if not unicodedata.combining(p)) if is_plain else letter
            )
    return "".join(kept)


def schemes_for(population: str) -> int:
    """Return how many Latin spellings schemes exist for a population's script."""
    return len(_SCHEMES.get(population, ()))


def romanise(word: str, population: str, scheme: int) -> str:
    """Return a word in Latin letters by one scheme; 0 is the one passports use."""
    letters = _LETTERS[population]
    table = dict(zip(letters, _SCHEMES[population][scheme], strict=True))
    text = unicodedata.normalize("NFC", word).lower()
    if population == "greek":
        text = "".join(p for p in unicodedata.normalize("NFD", text) if p not in "\u0301")
        text = unicodedata.normalize("NFC", text).replace("ϊ", "i").replace("ϋ", "y")
        text = re.sub("^μπ", "b" if scheme else "mp", text)
        for pair, latin in _GREEK_PAIRS.items():
            text = text.replace(pair, latin)
    if population == "armenian":
        text = re.sub("ու", "u" if scheme == 0 else "ou", text).replace("եւ", "ev")
        text = re.sub("^ո", "vo", text)
    written = "".join(table.get(letter, letter) for letter in text)
    return written.replace("-", "").capitalize()


def into_script(word: str, script: str) -> str:
    """Return a Latin word written in another script by ear, as a clerk abroad would."""
    text = without_marks(word).lower()
    table = _INTO[script]
    pattern = "|".join(sorted(table, key=len, reverse=True))
    written = re.sub(pattern, lambda found: table[found[0]], text)
    if script == "arabic" and text[:1] in "eiou":
        written = "ا" + written.removeprefix("ا")
    if script == "hebrew" and text[:1] in "aeiou":
        written = "א" + written
    if script == "greek" and written.endswith("σ"):
        written = written[:-1] + "ς"
    return written or word


def any_script(rng: random.Random) -> str:
    """Return one of the scripts `into_script` writes."""
    return rng.choice(sorted(_INTO))
