"""What is typed about a crisis."""

from __future__ import annotations

import pytest

from crises.forms import (
    AreasForm,
    CountField,
    CrisisForm,
    EstimateForm,
    ExerciseForm,
    TypedPlacesForm,
)
from crises.models import Level
from crises.services import PeopleEstimate

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1200", 1200),
        ("1,200", 1200),
        ("1 200", 1200),
        ("1.200", 1200),
        ("1'200'300", 1200300),
        ("1\u202f200", 1200),
        ("١٢٠٠", 1200),
        ("١٬٢٠٠", 1200),
        (" 0 ", 0),
    ],
)
def test_a_count_is_read_as_anybody_writes_it(typed: str, number: int) -> None:
    assert CountField().clean(typed) == number


@pytest.mark.parametrize("typed", ["1,20", "1.5", "-3", "many", "12 34", "1e3", "9" * 30])
def test_what_is_no_count_is_refused(typed: str) -> None:
    field = EstimateForm({"low": typed, "high": "99999999", "source": ""})
    assert not field.is_valid()
    assert "low" in field.errors


@pytest.mark.parametrize("form_class", [CrisisForm, ExerciseForm])
def test_opening_takes_a_title_a_level_and_places(form_class: type[CrisisForm]) -> None:
    form = form_class({"title": " Fire ", "level": "3", "places": "Beirut, TR-34"})
    assert form.is_valid(), form.errors
    entry = form.entry()
    assert (entry.title, entry.level) == ("Fire", Level.ACT)
    assert entry.places == (("LB", "LB-BA"), ("TR", "TR-34"))
    assert entry.is_exercise is (form_class is ExerciseForm)


def test_a_crisis_form_cannot_be_talked_into_an_exercise() -> None:
    form = CrisisForm({"title": "Fire", "level": "3", "is_exercise": "on"})
    assert form.is_valid()
    assert form.entry().is_exercise is False


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"title": "", "level": "3"}, "title"),
        ({"title": "Fire", "level": ""}, "level"),
        ({"title": "Fire", "level": "5"}, "level"),
        ({"title": "F" * 121, "level": "3"}, "title"),
        ({"title": "Fire", "level": "3", "places": "Georgia"}, "places"),
        ({"title": "Fire\0", "level": "3"}, "title"),
    ],
)
def test_wrong_entries_are_told_beside_their_field(data: dict[str, str], field: str) -> None:
    form = CrisisForm(data)
    assert not form.is_valid()
    assert list(form.errors) == [field]


def areas_form(data: dict[str, object] | None = None, country: str = "GB") -> AreasForm:
    return AreasForm(data, country_code=country, country_name="A country")


def test_ticked_areas_are_named_and_the_whole_country_wins() -> None:
    form = areas_form({"areas": ["GB-LND", "GB-SCT"], "side": "affected"})
    assert form.is_valid(), form.errors
    assert form.named == [("GB", "GB-LND"), ("GB", "GB-SCT")]
    assert not form.is_excluded
    whole = areas_form({"areas": ["GB-LND"], "is_whole": "on", "side": "affected"})
    assert whole.is_valid()
    assert whole.named == [("GB", None)]


def test_nothing_ticked_and_areas_of_elsewhere_are_refused() -> None:
    assert not areas_form({"side": "affected"}).is_valid()
    assert not areas_form({"areas": ["LB-BA"], "side": "affected"}).is_valid()
    assert not areas_form({"areas": ["GB-LND"], "side": "sideways"}).is_valid()


def test_a_country_without_areas_offers_itself_only() -> None:
    form = areas_form({"is_whole": "on", "side": "affected"}, country="XM")
    assert "areas" not in form.fields
    assert form.is_valid()
    assert form.named == [("XM", None)]


def test_a_typed_list_can_be_left_out() -> None:
    form = TypedPlacesForm({"places": "Beirut", "side": "left-out"})
    assert form.is_valid()
    assert form.is_excluded
    assert not TypedPlacesForm({"places": "", "side": "affected"}).is_valid()


def test_an_estimate_is_a_range_or_nothing() -> None:
    form = EstimateForm({"low": "1 000", "high": "4,000", "source": "Census"})
    assert form.is_valid(), form.errors
    assert form.estimate() == PeopleEstimate(1000, 4000, "Census")
    nothing = EstimateForm({"low": "", "high": "", "source": ""})
    assert nothing.is_valid()
    assert nothing.estimate() is None
    assert not EstimateForm({"low": "5", "high": "", "source": ""}).is_valid()
    assert not EstimateForm({"low": "5", "high": "4", "source": ""}).is_valid()
