from __future__ import annotations

import pytest
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from geography.models import Country, Post
from geography.selectors import (
    NoFallbackPost,
    area_name,
    areas_of,
    codes_containing,
    codes_covered_by,
    countries_in_language,
    country_name,
    post_for,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("language", "in_order"),
    [
        # Å is looked up under A, Ô under O, capitals and hyphens do not count.
        ("en", ["Afghanistan", "Åland Islands", "Albania", "Côte d’Ivoire", "Croatia", "Zimbabwe"]),
        ("fr", ["Égypte", "Émirats arabes unis", "Équateur", "Érythrée", "Espagne", "États-Unis"]),
        ("es", ["España", "Estados Unidos", "Líbano", "Turquía", "Ucrania", "Zimbabue"]),
        # The article does not count: الأردن stands under alif, اليمن under ya.
        ("ar", ["الأردن", "إسبانيا", "ألمانيا", "الجزائر", "لبنان", "مصر", "هولندا", "اليمن"]),
    ],
)
def test_countries_come_in_the_languages_own_order(language: str, in_order: list[str]) -> None:
    names = [name for _, name in countries_in_language(language)]
    places = [names.index(name) for name in in_order]
    assert places == sorted(places)


def test_lists_and_names_follow_the_active_language() -> None:
    with translation.override("ar"):
        assert ("LB", "لبنان") in countries_in_language()
        assert country_name("LB") == "لبنان"
        assert area_name("LB-BA") == "بيروت"
        assert ("LB-BA", "بيروت", None) in areas_of("LB")


def test_an_invented_country_is_offered_at_once_and_gone_at_once() -> None:
    assert "XM" not in dict(countries_in_language("fr"))
    own = Country.objects.create(code="XM", names={"en": "Meridia", "fr": "Méridie"})
    assert dict(countries_in_language("fr"))["XM"] == "Méridie"
    assert country_name("XM", "fr") == "Méridie"
    own.delete()
    assert "XM" not in dict(countries_in_language("fr"))


def test_lists_cost_at_most_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    countries_in_language("es")
    with django_assert_num_queries(1):
        countries_in_language("es")
    with django_assert_num_queries(0):
        areas_of("ES", "es")
        area_name("ES-M", "es")
        country_name("ES", "es")
        codes_covered_by("ES-AN")


def test_an_area_without_an_arabic_name_shows_the_english_one() -> None:
    assert area_name("IS-AKN", "ar") == area_name("IS-AKN", "en")


def test_unknown_codes_show_as_themselves() -> None:
    assert country_name("QQ", "en") == "QQ"
    assert area_name("LB-QQ", "en") == "LB-QQ"
    assert areas_of("QQ", "en") == []


def test_areas_stand_under_the_area_they_lie_in() -> None:
    codes = [area.code for area in areas_of("FR", "fr")]
    start = codes.index("FR-BRE")
    # Côtes-d’Armor, Finistère, Ille-et-Vilaine, Morbihan; then the next region.
    assert codes[start + 1 : start + 6] == ["FR-22", "FR-29", "FR-35", "FR-56", "FR-CVL"]
    assert len(codes) == len(set(codes))


def test_a_list_handed_out_is_the_callers_own() -> None:
    areas_of("LB", "en").clear()
    countries_in_language("en").clear()
    assert areas_of("LB", "en")
    assert countries_in_language("en")


def test_an_area_covers_itself_and_all_levels_inside_it() -> None:
    assert codes_covered_by("LB-AK") == {"LB-AK"}
    # Alsace lies in Grand Est, the two Rhine departments in Alsace.
    assert {"FR-GES", "FR-6AE", "FR-67", "FR-68", "FR-57"} <= codes_covered_by("FR-GES")
    assert codes_containing("FR-67") == {"FR-6AE", "FR-GES"}
    assert codes_containing("FR-GES") == set()


@pytest.mark.parametrize("code", ["LB-QQ", "LB", ""])
def test_an_unknown_area_covers_nothing_silently(code: str) -> None:
    with pytest.raises(LookupError):
        codes_covered_by(code)
    with pytest.raises(LookupError):
        codes_containing(code)


@pytest.mark.parametrize(
    ("country", "area", "post"),
    [
        ("LB", "LB-AK", "beirut"),
        ("LB", None, "beirut"),
        ("FR", None, "paris"),
        ("FR", "FR-IDF", "paris"),
        ("FR", "FR-PAC", "marseille"),
        ("FR", "FR-13", "marseille"),  # in the region that is named
        ("MC", None, "marseille"),
        ("TR", "TR-34", "istanbul"),
        ("TR", "TR-06", "ankara"),
        ("US", "US-NY", "new-york"),
        ("US", None, "washington"),
        ("UG", "UG-116", "nairobi"),
        ("JP", "JP-13", "ministry"),
        ("XM", None, "ministry"),
    ],
)
def test_the_narrowest_district_names_the_post(
    posts: dict[str, Post], country: str, area: str | None, post: str
) -> None:
    assert post_for(country, area) == posts[post]


def test_a_closed_posts_district_falls_to_the_next(posts: dict[str, Post]) -> None:
    Post.objects.filter(code__in=["marseille", "beirut"]).update(is_open=False)
    assert post_for("FR", "FR-13") == posts["paris"]
    assert post_for("LB", "LB-AK") == posts["ministry"]


def test_without_posts_it_says_what_to_load() -> None:
    with pytest.raises(NoFallbackPost, match="load_posts"):
        post_for("LB", None)
