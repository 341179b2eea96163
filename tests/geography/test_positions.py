"""Where people are, by their own words."""

from __future__ import annotations

import pytest

from geography.drawing import shape_from_data
from geography.gazetteer import cities, city_named
from geography.outlines import areas_wholly_in, lies_near, touched_by
from geography.positions import position_of, read_coordinates
from geography.shapes import Circle

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("33.8938, 35.5018", (33.8938, 35.5018, 50)),
        ("33.8938 35.5018", (33.8938, 35.5018, 50)),
        ("  geo:33.8938,35.5018 ", (33.8938, 35.5018, 50)),
        ("33°53'37.7\"N 35°30'06.5\"E", (33.893806, 35.501806, 50)),
        ("٣٣٫٨٩٣٨، ٣٥٫٥٠١٨", (33.8938, 35.5018, 50)),
        ("-33.86, 151.21", (-33.86, 151.21, 556)),
        ("33.86 S, 151.21 E", (-33.86, 151.21, 556)),
        ("151.21 E 33.86 S", (-33.86, 151.21, 556)),
        ("33.9 N, 35.5 E", (33.9, 35.5, 5560)),
    ],
)
def test_coordinates_are_read_as_people_write_them(
    typed: str, expected: tuple[float, float, int]
) -> None:
    found = read_coordinates(typed)
    assert found is not None
    assert (found.latitude, found.longitude, found.metres) == expected


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "12 34",
        "12, 34",
        "Hamra 12.50",
        "95.1234, 10.1234",
        "10.1234, 190.1234",
        "33.89 N, 35.50 N",
        "33.89 N, 35.50",
        "-33.89 S, 35.50 E",
        "33°75'10\"N 35°30'06\"E",
        "03 123 456",
    ],
)
def test_other_numbers_are_no_coordinates(typed: str) -> None:
    assert read_coordinates(typed) is None


@pytest.mark.parametrize("typed", ["Beirut", "Hamra, Beirut", "بيروت", "BEYROUTH", "1103 Beirut"])
def test_a_town_is_known_in_any_spelling(typed: str) -> None:
    found = position_of(typed, "LB", None)
    assert found is not None
    assert (round(found.latitude, 1), round(found.longitude, 1)) == (33.9, 35.5)
    assert found.metres > 1000


def test_who_names_no_town_has_no_position() -> None:
    assert position_of("", "LB", "LB-BA") is None
    assert position_of("near my aunt", "LB", "LB-BA") is None


def test_a_name_of_several_towns_is_none_of_them() -> None:
    assert position_of("Springfield", "US", None) is None
    assert position_of("Springfield", "US", "US-IL") is not None
    assert position_of("Jounieh, Tripoli", "LB", None) is None


def test_the_area_named_says_more_than_the_file() -> None:
    assert city_named("Tripoli", "LB", "LB-BA") is None
    assert city_named("Tripoli", "LB", "LB-AS") is not None
    assert city_named("Beirut", "FR", None) is None


def test_coordinates_outside_the_country_are_not_believed() -> None:
    assert position_of("33.8938, 35.5018", "LB", None) is not None
    # Swapped, as maps sometimes give them.
    assert position_of("35.5018, 33.8938", "LB", None) is None


def test_every_town_is_on_the_map_and_in_its_country() -> None:
    known = list(cities())
    assert len(known) > 30_000
    assert all(abs(one.latitude) <= 90 and abs(one.longitude) <= 180 for one in known)
    assert all(one.area_code[:2] in ("", one.country_code) for one in known)
    sample = known[::300]
    lost = [
        one for one in sample if not lies_near(one.country_code, one.longitude, one.latitude, 0.6)
    ]
    # Where sources disagree about a border, and nowhere else.
    assert len(lost) <= len(sample) // 100


def test_a_shape_touches_the_areas_and_countries_it_lies_in() -> None:
    beirut = touched_by(Circle(35.5, 33.89, 3))
    assert "LB-BA" in beirut.areas
    assert beirut.countries == {"LB"}
    assert "LB-JA" not in beirut.areas
    border = touched_by(Circle(36.0, 34.64, 20))
    assert {"LB", "SY"} <= border.countries


def test_an_area_wholly_in_a_shape_is_known_to_be() -> None:
    around = areas_wholly_in(Circle(35.5, 33.89, 120))
    assert {"LB-BA", "LB-JL"} <= around
    assert areas_wholly_in(Circle(35.5, 33.89, 2)) == frozenset()


def test_an_area_without_an_outline_goes_by_what_is_around_it() -> None:
    # Akkar is not drawn on its own: it counts wherever its country does.
    assert "LB-AK" in touched_by(Circle(36.1, 34.5, 5)).areas


def test_nothing_is_touched_at_sea() -> None:
    sea = {"type": "Polygon", "coordinates": [[[-30, 30], [-29, 30], [-29, 31], [-30, 30]]]}
    assert touched_by(shape_from_data(sea)).countries == frozenset()
