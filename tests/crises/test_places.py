"""Reading places from what somebody typed at night."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from crises.places import full_name, is_inside, place_name, read_places
from geography.folding import folded

pytestmark = pytest.mark.django_db

BEIRUT = ("LB", "LB-BA")
LEBANON = ("LB", None)


@pytest.mark.parametrize(
    ("typed", "places"),
    [
        ("Beirut", [BEIRUT]),
        ("  beirut \n", [BEIRUT]),
        ("LB-BA", [BEIRUT]),
        ("lb-ba", [BEIRUT]),
        ("Beyrouth", [BEIRUT]),
        ("لبنان", [LEBANON]),
        ("بيروت، لبنان", [BEIRUT]),
        ("Lebanon", [LEBANON]),
        ("LB", [LEBANON]),
        ("Türkiye; liban", [("TR", None), LEBANON]),
        ("Cataluña, TR-34", [("ES", "ES-CT"), ("TR", "TR-34")]),
        ("Cataluna", [("ES", "ES-CT")]),
        # A country after a place says which place is meant; it is no place of its own.
        ("Beirut, Lebanon", [BEIRUT]),
        ("Georgia, United States", [("US", "US-GA")]),
        ("Lebanon, Beirut", [LEBANON, BEIRUT]),
        ("Beirut\nLebanon", [BEIRUT, LEBANON]),
        # Said twice is meant once.
        ("Beirut, LB-BA; Beirut", [BEIRUT]),
        # A code is a code, whatever else is called so.
        ("GE", [("GE", None)]),
        (" , ;\n، ؛ ", []),
    ],
)
def test_names_and_codes_are_understood(typed: str, places: list[tuple[str, str | None]]) -> None:
    assert read_places(typed) == places


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("Georgia", ["GE", "US-GA"]),
        ("Punjab", ["IN-PB", "PK-PB"]),
        # In Arabic the Serbian town is written like the Lebanese one.
        ("بيروت", ["LB-BA", "RS-22"]),
    ],
)
def test_a_name_of_several_places_is_asked_about(typed: str, named: list[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        read_places(typed)
    (message,) = caught.value.messages
    assert all(code in message for code in named)


def test_every_unknown_name_is_told_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        read_places("Atlantis, Beirut, Mordor; LB-ZZ")
    assert len(caught.value.messages) == 3
    assert "Atlantis" in caught.value.messages[0]


def test_a_place_lies_in_itself_in_its_country_and_in_what_holds_it() -> None:
    london, england, britain = ("GB", "GB-LND"), ("GB", "GB-ENG"), ("GB", None)
    assert is_inside(london, england)
    assert is_inside(london, britain)
    assert is_inside(england, britain)
    assert is_inside(london, london)
    assert not is_inside(england, london)
    assert not is_inside(britain, england)
    assert not is_inside(london, LEBANON)


def test_places_have_names_in_the_language_of_the_page() -> None:
    with translation.override("ar"):
        assert place_name(BEIRUT) == "بيروت"
    assert place_name(BEIRUT, "fr") == "Beyrouth"
    assert full_name(BEIRUT, "en") == "Beirut, Lebanon"
    assert full_name(LEBANON, "en") == "Lebanon"


def test_names_are_compared_without_accents_case_and_signs() -> None:
    assert folded("  Saint-Étienne ") == folded("saint etienne")
    assert folded("بـيروت") == folded("بيروت")
