"""The committed tables against the standards they are made from."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

import phonenumbers
import pycountry
import pytest

from geography.loading import LANGUAGES, rows_of

# One place, one code: these have a country code of their own and are left out as areas.
COUNTRIES_OF_THEIR_OWN = {
    "CN-HK": "HK",
    "CN-MO": "MO",
    "CN-TW": "TW",
    "FI-01": "AX",
    "FR-971": "GP",
    "FR-972": "MQ",
    "FR-973": "GF",
    "FR-974": "RE",
    "FR-976": "YT",
    "FR-BL": "BL",
    "FR-MF": "MF",
    "FR-NC": "NC",
    "FR-PF": "PF",
    "FR-PM": "PM",
    "FR-TF": "TF",
    "FR-WF": "WF",
    "NL-AW": "AW",
    "NL-BQ1": "BQ",
    "NL-BQ2": "BQ",
    "NL-BQ3": "BQ",
    "NL-CW": "CW",
    "NL-SX": "SX",
    "NO-21": "SJ",
    "NO-22": "SJ",
    "US-AS": "AS",
    "US-GU": "GU",
    "US-MP": "MP",
    "US-PR": "PR",
    "US-UM": "UM",
    "US-VI": "VI",
}
COUNTRIES = {row["code"]: row for row in rows_of("countries")}
AREAS = {row["code"]: row for row in rows_of("areas")}


def test_every_iso_country_is_there_and_kosovo() -> None:
    assert set(COUNTRIES) == {country.alpha_2 for country in pycountry.countries} | {"XK"}


def test_every_iso_area_is_there_once_as_an_area_or_as_a_country() -> None:
    in_the_standard = {area.code for area in pycountry.subdivisions}
    assert in_the_standard - set(AREAS) == set(COUNTRIES_OF_THEIR_OWN)
    assert set(AREAS) <= in_the_standard
    assert set(COUNTRIES_OF_THEIR_OWN.values()) <= set(COUNTRIES)


def test_areas_lie_where_the_standard_says() -> None:
    wrong = [
        area.code
        for area in pycountry.subdivisions
        if area.code in AREAS and (area.parent_code or "") != AREAS[area.code]["parent"]
    ]
    assert wrong == []
    assert all(row["parent"] in AREAS for row in AREAS.values() if row["parent"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_country_has_a_name_of_its_own(language: str) -> None:
    names = Counter(row[language] for row in COUNTRIES.values())
    assert "" not in names
    assert [name for name, uses in names.items() if uses > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_areas_of_one_list_read_the_same(language: str) -> None:
    shown = Counter(
        (code[:2], row["parent"], row[language] or row["en"]) for code, row in AREAS.items()
    )
    assert [place for place, uses in shown.items() if uses > 1] == []


def is_clean(name: str, language: str) -> bool:
    """One line without marks of the sources, in the script of the language."""
    scripts = {unicodedata.name(letter).split()[0] for letter in name if letter.isalpha()}
    return (
        name == unicodedata.normalize("NFC", name).strip()
        and re.search(r"[\[\]{}²³¹;:*_\t\u0640]|  ", name) is None
        and name.count("(") == name.count(")")
        and scripts <= ({"ARABIC"} if language == "ar" else {"LATIN", "MODIFIER"})
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_are_clean_and_in_their_own_script(language: str) -> None:
    rows = [*COUNTRIES.values(), *AREAS.values()]
    wrong = [row["code"] for row in rows if not is_clean(row[language], language)]
    assert wrong == []


def test_every_place_has_an_english_name() -> None:
    assert all(row["en"] for row in (*COUNTRIES.values(), *AREAS.values()))


@pytest.mark.parametrize(("language", "least"), [("fr", 0.94), ("es", 0.93), ("ar", 0.92)])
def test_few_areas_lack_a_name(language: str, least: float) -> None:
    named = sum(1 for row in AREAS.values() if row[language])
    assert named / len(AREAS) >= least


@pytest.mark.parametrize(
    "country",
    [
        "AE",
        "BH",
        "DZ",
        "EG",
        "IQ",
        "JO",
        "KW",
        "LB",
        "LY",
        "MA",
        "OM",
        "PS",
        "QA",
        "SA",
        "SD",
        "SY",
        "TN",
        "YE",
        "KE",
        "UA",
        "TR",
        "FR",
        "ES",
        "US",
        "CO",
        "PH",
    ],
)
def test_outermost_areas_where_many_register_have_arabic_names(country: str) -> None:
    outermost = [row for code, row in AREAS.items() if code[:2] == country and not row["parent"]]
    assert outermost
    assert [row["code"] for row in outermost if not row["ar"]] == []


# Codes that meant another place some years ago, and names that sources still mix up.
@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("IR-23", ("Tehran", "Téhéran", "Teherán", "طهران")),
        ("IR-07", ("Fars", "Fars", "Fars", "فارس")),
        ("IR-28", ("North Khorasan", "Khorasan du Nord", "Jorasán del Norte", "خراسان الشمالية")),
        ("MA-06", ("Casablanca-Settat", "Casablanca-Settat", "Casablanca-Settat", None)),
        ("MA-02", ("Oriental", "L’Oriental", "Oriental", "الشرق")),
        ("UG-116", ("Nakaseke", None, None, None)),
        ("NP-P1", ("Koshi", "Koshi", "Koshi", "كوشي")),
        ("UA-30", ("Kyiv (city)", "Kyiv (ville)", "Kiev (ciudad)", "كييف (المدينة)")),
        ("LB-BA", ("Beirut", "Beyrouth", "Beirut", "بيروت")),
        ("TR-34", ("Istanbul", "Istanbul", "Estambul", "إسطنبول")),
    ],
)
def test_names_belong_to_their_codes(code: str, names: tuple[str | None, ...]) -> None:
    for language, name in zip(LANGUAGES, names, strict=True):
        if name is not None:
            assert AREAS[code][language] == name


def test_dialling_codes_are_those_of_the_numbering_plan() -> None:
    for code, row in COUNTRIES.items():
        expected = phonenumbers.country_code_for_region(code)
        assert row["dialling_code"] == (f"+{expected}" if expected else "")
