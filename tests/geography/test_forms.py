from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.utils import translation
from pytest_django import Settings

from geography.forms import (
    SHOW_AREAS,
    AreaField,
    CountryField,
    area_choices,
    as_typed,
    asks_for_areas,
    country_choices,
)
from geography.models import Post

pytestmark = pytest.mark.django_db


class PlaceForm(forms.Form):
    note = forms.CharField(required=False)
    country = CountryField()
    area = AreaField(required=False)


class StrictPlaceForm(forms.Form):
    country = CountryField()
    area = AreaField()


def choices_of(form: forms.Form) -> list[Any]:
    """The list of areas as (code, name) or (name of the whole, list)."""
    field = form["area"].field
    assert isinstance(field, AreaField)
    return list(field.widget.choices)


def offered(form: forms.Form) -> list[str]:
    """The codes in the list of areas, groups opened."""
    codes: list[str] = []
    for value, label in choices_of(form):
        codes += [code for code, _ in label] if isinstance(label, list) else [value]
    return codes


@pytest.mark.parametrize("area", ["", "LB-AK"])
def test_a_country_with_or_without_its_area_is_accepted(area: str) -> None:
    form = PlaceForm({"country": "LB", "area": area})
    assert form.is_valid()
    assert form.cleaned_data == {"note": "", "country": "LB", "area": area}


@pytest.mark.parametrize(
    ("data", "errors"),
    [
        ({"country": ""}, {"country": ["Choose a country."]}),
        ({"country": "QQ"}, {"country": ["Choose a country from the list."]}),
        ({"country": "lb\x00"}, {"country": ["Choose a country from the list."]}),
        (
            {"country": "LB", "area": "FR-13"},
            {"area": ["Choose an area of the country you chose."]},
        ),
    ],
)
def test_a_wrong_choice_is_explained(data: dict[str, str], errors: dict[str, list[str]]) -> None:
    form = PlaceForm(data)
    assert not form.is_valid()
    assert form.errors == errors


@pytest.mark.parametrize(
    ("data", "is_valid"),
    [
        ({"country": "LB"}, False),
        ({"country": "LB", "area": "LB-AK"}, True),
        ({"country": "VA"}, True),  # has no areas to choose from
    ],
)
def test_a_required_area_is_asked_only_where_there_are_areas(
    data: dict[str, str], is_valid: bool
) -> None:
    assert StrictPlaceForm(data).is_valid() is is_valid


def test_without_a_country_only_the_country_is_missed() -> None:
    assert list(StrictPlaceForm({}).errors) == ["country"]


def test_the_list_of_areas_is_that_of_the_country_typed_or_given() -> None:
    assert offered(PlaceForm()) == [""]
    lebanon = ["", "LB-AK", "LB-BH", "LB-BA", "LB-BI", "LB-JL", "LB-NA", "LB-AS", "LB-JA"]
    assert offered(PlaceForm({"country": "LB"})) == lebanon
    assert offered(PlaceForm(initial={"country": "LB"})) == lebanon
    # One form's list is not another's.
    assert offered(PlaceForm()) == [""]


@pytest.mark.parametrize(
    ("country", "words"),
    [
        ("", "Choose the country first"),
        ("VA", "No areas to choose in this country"),
        ("LB", "Choose an area"),
    ],
)
def test_the_empty_choice_says_what_to_do(country: str, words: str) -> None:
    form = PlaceForm(initial={"country": country})
    assert choices_of(form)[0] == ("", words)


def test_the_button_fills_the_list_and_keeps_what_was_typed() -> None:
    data: dict[str, Any] = {"note": "near the port", "country": "LB", "area": "", SHOW_AREAS: "1"}
    assert asks_for_areas(data)
    form = PlaceForm(initial=as_typed(PlaceForm(data)))
    html = form.as_p()
    assert not form.is_bound
    assert 'value="near the port"' in html
    assert '<option value="LB" selected>Lebanon</option>' in html
    assert "LB-AK" in offered(form)


def test_a_form_sent_to_be_checked_does_not_ask_for_areas() -> None:
    assert not asks_for_areas({"country": "LB"})


def test_an_area_with_parts_opens_a_group_that_begins_with_all_of_it() -> None:
    choices: dict[Any, Any] = dict(area_choices("FR", "fr"))
    assert choices["Provence-Alpes-Côte d’Azur"] == [
        ("FR-PAC", "Anywhere in Provence-Alpes-Côte d’Azur"),
        ("FR-04", "Alpes-de-Haute-Provence"),
        ("FR-06", "Alpes-Maritimes"),
        ("FR-13", "Bouches-du-Rhône"),
        ("FR-05", "Hautes-Alpes"),
        ("FR-83", "Var"),
        ("FR-84", "Vaucluse"),
    ]
    # Three levels still make one group: a list within a list within a list cannot be shown.
    assert {"FR-6AE", "FR-67", "FR-68"} <= {code for code, _ in choices["Grand Est"]}
    assert choices["FR-CP"] == "Clipperton"


@pytest.mark.parametrize("country", ["FR", "GB", "LB", "IT", "UG", "PH"])
def test_every_area_is_offered_exactly_once(country: str) -> None:
    form = PlaceForm(initial={"country": country})
    codes = offered(form)
    assert len(codes) == len(set(codes))
    for code in codes[1:]:
        assert PlaceForm({"country": country, "area": code}).is_valid()


def test_where_people_live_abroad_leaves_out_home(
    posts: dict[str, Post], settings: Settings
) -> None:
    settings.HOME_STATE_CODE = "XM"
    assert "XM" in dict(country_choices("en"))

    class Abroad(forms.Form):
        country = CountryField(leave_out_home=True)

    assert Abroad({"country": "LB"}).is_valid()
    assert not Abroad({"country": "XM"}).is_valid()


def test_the_list_is_in_the_readers_language() -> None:
    with translation.override("ar"):
        html = str(PlaceForm(initial={"country": "LB"})["area"])
    assert '<option value="LB-BA">بيروت</option>' in html
    assert 'data-areas-url="/geography/areas/{country}.ar.json"' in html


@pytest.mark.parametrize("language", ["en", "fr", "es", "ar"])
def test_both_lists_fit_a_slow_line(language: str) -> None:
    with translation.override(language):
        form = PlaceForm(initial={"country": "GB"})
        size = len((str(form["country"]) + str(form["area"])).encode())
    assert size < 32_000
