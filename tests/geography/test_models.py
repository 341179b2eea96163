from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from geography.models import Area, Country, District, Post

pytestmark = pytest.mark.django_db


def make_post(code: str, **values: Any) -> Post:
    defaults = {
        "country_id": "LB",
        "names": {"en": code},
        "kind": "embassy",
        "time_zone": "Asia/Beirut",
    }
    return Post.objects.create(code=code, **{**defaults, **values})


def refused(create: Any, rule: str) -> None:
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        create()


def test_only_one_post_is_the_fallback() -> None:
    make_post("first", is_fallback=True)
    refused(lambda: make_post("second", is_fallback=True), "only_one_post_is_the_fallback")


def test_the_fallback_is_open() -> None:
    refused(lambda: make_post("desk", is_fallback=True, is_open=False), "the_fallback_is_open")


def test_a_post_is_of_a_known_kind() -> None:
    refused(lambda: make_post("palace", kind="palace"), "post_kind_is_known")


@pytest.mark.parametrize("area", [None, "LB-AK"])
def test_a_place_is_in_one_district(area: str | None) -> None:
    first, second = make_post("first"), make_post("second")
    District.objects.create(post=first, country_id="LB", area_id=area)
    refused(
        lambda: District.objects.create(post=second, country_id="LB", area_id=area),
        "a_place_is_in_one_district",
    )


def test_the_area_of_a_district_lies_in_its_country() -> None:
    post = make_post("first")
    refused(
        lambda: District.objects.create(post=post, country_id="FR", area_id="LB-AK"),
        "district_area_lies_in_its_country",
    )


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"code": "FR-ZZZ", "country_id": "LB"}, "area_code_begins_with_its_country"),
        ({"code": "LB-a", "country_id": "LB"}, "area_code_is_iso_3166_2"),
        (
            {"code": "LB-ZZ", "country_id": "LB", "parent_id": "FR-PAC"},
            "area_lies_in_an_area_of_its_country",
        ),
    ],
)
def test_an_area_belongs_to_its_country(values: dict[str, str], rule: str) -> None:
    refused(lambda: Area.objects.create(category="x", names={"en": "x"}, **values), rule)


def test_a_country_code_is_two_letters() -> None:
    refused(
        lambda: Country.objects.create(code="x1", names={"en": "x"}), "country_code_is_two_letters"
    )


@pytest.mark.parametrize(
    ("names", "language", "shown"),
    [
        ({"en": "Lebanon", "ar": "لبنان"}, "ar", "لبنان"),
        ({"en": "Lebanon"}, "ar", "Lebanon"),
        ({"en": "Lebanon", "es": "Líbano"}, "es-mx", "Líbano"),
        ({}, "en", "LB"),
    ],
)
def test_a_name_falls_back_to_english_and_then_to_the_code(
    names: dict[str, str], language: str, shown: str
) -> None:
    assert Country(code="LB", names=names).name_in(language) == shown
