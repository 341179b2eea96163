"""How a name from a source becomes the name people read in a list.

Lists are read and sorted by the place, so the kind of area in front of it goes ("Gobernación de
Balqa" becomes "Balqa"), unless that would make two areas of one country look the same.
"""

from __future__ import annotations

import re
from typing import Final

_ARABIC_KINDS = (
    "ولاية|محافظة|جهة|بلدية|إمارة|امارة|مقاطعة|مديرية|منطقة|"
    "إقليم|اقليم|قضاء|أوبلاست|دائرة|كانتون|رايون|شعبية|قسم|إدارة"
)
# After these kinds the place keeps its own article, so nothing but the kind may be cut.
_FRENCH_KINDS = (
    "province|région|district|département|gouvernorat|comté|comitat|voïvodie|oblast|kraï|raion|"
    "raïon|wilaya|subdivision|préfecture|municipalité|commune|canton|paroisse|division|apskritis|"
    "voblast|judet|état|ville métropolitaine|territoire|zone"
)
_SPANISH_KINDS = (
    "provincia|región|departamento|distrito|municipio|municipalidad|gobernación|gobernorado|"
    "condado|estado|óblast|oblast|voivodato|prefectura|cantón|parroquia|raión|división|wilaya|valiato|"
    "vilayato|comuna|ciudad metropolitana|subdivisión|comarca|periferia|voblast"
)
_ENGLISH_KINDS = "Province|Governorate|Division|Oblast|Department|Prefecture|Voivodeship"

_KIND: Final = {
    "en": re.compile(rf"^(?P<before>.+) (?:{_ENGLISH_KINDS})$|^(?P<place>\b\B)"),
    "fr": re.compile(
        rf"^(?i:{_FRENCH_KINDS}) (?:de |d’|d')(?P<place>[^\Wa-z_].*)$|^(?P<before>.+) District$"
    ),
    "es": re.compile(
        rf"^(?i:{_SPANISH_KINDS}) de (?P<place>[^\Wa-z_].*)$|^(?P<before>.+) District$"
    ),
    "ar": re.compile(rf"^(?:{_ARABIC_KINDS}) (?P<place>.+)$|^(?P<before>.+) (?:أوبلاست|كونتي)$"),
}
_STARTS_WITH_KIND: Final = {
    "en": re.compile(r"^\b\B"),
    "fr": re.compile(rf"^(?i:{_FRENCH_KINDS})\b"),
    "es": re.compile(rf"^(?i:{_SPANISH_KINDS})\b"),
    "ar": re.compile(r"^\b\B"),
}
# "Northern Province" without its kind would be an adjective, not a place.
_ADJECTIVES = re.compile(
    r"(?i:north(ern)?|south(ern)?|east(ern)?|west(ern)?|central|coast|capital|highland|metropolitan)"
)
_PERSIAN_LETTERS = str.maketrans("یک", "يك")
_ARABIC_LETTER = re.compile(r"[\u0621-\u064a]")


def tidied(name: str, language: str) -> str | None:
    """Return the name without footnote marks and remarks; None when it is not in the language."""
    name = re.sub(r"[¹²³⁴\u0640\u200b-\u200f]", "", name).translate(_PERSIAN_LETTERS)
    name = re.sub(r"^(?:تصنيف:|du |de |d[’'])", "", name)
    name = re.sub(r"\s*[\[(（][^\])）]*(?:[\])）]|$)", "", name)
    name = re.sub(r"\s+", " ", name.split("،")[0]).strip(" ,")
    if not name or (language == "ar") != bool(_ARABIC_LETTER.search(name)):
        return None
    if language in ("fr", "en"):
        name = name.replace("'", "’")
    return name[0].upper() + name[1:]


def place_only(name: str, language: str) -> str | None:
    """Return the name without the kind of area in front; None when it cannot be cut safely."""
    if match := _KIND[language].match(name):
        place = match["place"] or match["before"]
        return name if _ADJECTIVES.fullmatch(place) else place
    return None if _STARTS_WITH_KIND[language].match(name) else name


def chosen(candidates: list[str], language: str) -> tuple[str, str] | None:
    """Choose among one area's names, best source first.

    Returns (name for the list, fuller name should the first collide), or None without candidates.
    """
    tidy = [name for raw in candidates if (name := tidied(raw, language))]
    if not tidy:
        return None
    places = [place for name in tidy if (place := place_only(name, language))]
    return (places or tidy)[0], tidy[0]
