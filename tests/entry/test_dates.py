"""Dates in three boxes, whole and partly known."""

from __future__ import annotations

import datetime as dt

import pytest
from django import forms
from django.core.exceptions import ValidationError

from entry.fields import DatePartsField, PartialDate, PartialDateField

Parts = tuple[str, str, str]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (("27", "3", "1986"), dt.date(1986, 3, 27)),
        (("٢٧", "٣", "١٩٨٦"), dt.date(1986, 3, 27)),
        (("۲۷", "۰۳", "۱۹۸۶"), dt.date(1986, 3, 27)),
        (("२७", "३", "१९८६"), dt.date(1986, 3, 27)),
        ((" 27 ", "\u200f03", "1986"), dt.date(1986, 3, 27)),
        (("27", "March", "1986"), dt.date(1986, 3, 27)),
        (("27", "mar.", "1986"), dt.date(1986, 3, 27)),
        (("27", "mars", "1986"), dt.date(1986, 3, 27)),
        (("27", "MARZO", "1986"), dt.date(1986, 3, 27)),
        (("27", "مارس", "1986"), dt.date(1986, 3, 27)),
        (("29", "2", "2024"), dt.date(2024, 2, 29)),
        (("", "", ""), None),
        (("\u200f", " ", ""), None),
    ],
)
def test_a_whole_date(typed: Parts, kept: dt.date | None) -> None:
    assert DatePartsField(required=False).clean(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept", "precision"),
    [
        (("", "", "1986"), "1986", "year"),
        (("", "٣", "١٩٨٦"), "1986-03", "month"),
        (("27", "3", "1986"), "1986-03-27", "day"),
    ],
)
def test_a_date_of_which_not_all_is_known(typed: Parts, kept: str, precision: str) -> None:
    cleaned = PartialDateField().clean(typed)
    assert str(cleaned) == kept
    assert cleaned == PartialDate.parse(kept)
    assert cleaned.precision == precision


@pytest.mark.parametrize(
    ("typed", "code", "parts"),
    [
        (("", "", ""), "required", ()),
        (("27", "3", ""), "missing_year", ("year",)),
        (("27", "", "1986"), "missing_month", ("month",)),
        (("", "3", "1986"), "missing_day", ("day",)),
        (("", "", "1986"), "missing_month", ("month",)),
        (("x", "3", "1986"), "not_a_number", ("day",)),
        (("27", "Marchember", "1986"), "not_a_number", ("month",)),
        (("27", "3", "nineteen"), "not_a_number", ("year",)),
        (("-1", "3", "1986"), "not_a_number", ("day",)),
        (("2.7", "3", "1986"), "not_a_number", ("day",)),
        (("27", "3", "86"), "year_digits", ("year",)),
        (("27", "3", "19866"), "year_digits", ("year",)),
        (("27", "3", "0000"), "year_digits", ("year",)),
        (("31", "2", "1986"), "impossible", ("day",)),
        (("29", "2", "2023"), "impossible", ("day",)),
        (("0", "3", "1986"), "impossible", ("day",)),
        (("27", "13", "1986"), "impossible", ("month",)),
        (("27", "0", "1986"), "impossible", ("month",)),
        (("9" * 5000, "3", "1986"), "impossible", ("day",)),
        (("27", "3", "1899"), "too_early", ("day", "month", "year")),
        (("27", "3", "2531"), "too_late", ("day", "month", "year")),
        (("a\0", "3", "1986"), "null_character", ()),
    ],
)
def test_what_is_no_date_is_refused_and_the_wrong_box_named(
    typed: Parts, code: str, parts: tuple[str, ...]
) -> None:
    with pytest.raises(ValidationError) as refusal:
        DatePartsField().clean(typed)
    assert refusal.value.code == code
    assert (refusal.value.params or {}).get("parts", ()) == parts


def test_a_birth_date_in_the_future_is_refused_with_the_last_day_allowed() -> None:
    field = PartialDateField(latest=lambda: dt.date(2026, 11, 23))
    assert str(field.clean(("", "", "2026"))) == "2026"
    assert str(field.clean(("", "11", "2026"))) == "2026-11"
    for typed in (("24", "11", "2026"), ("", "12", "2026"), ("", "", "2027")):
        with pytest.raises(ValidationError) as refusal:
            field.clean(typed)
        assert refusal.value.code == "too_late"
        assert "2026" in refusal.value.messages[0]


def test_a_stay_that_ended_is_refused_by_its_last_possible_day() -> None:
    field = PartialDateField(earliest=dt.date(2026, 11, 23))
    assert str(field.clean(("", "11", "2026"))) == "2026-11"
    with pytest.raises(ValidationError):
        field.clean(("", "10", "2026"))


class BirthForm(forms.Form):
    born = PartialDateField(required=False)


def test_a_form_reads_three_boxes_and_shows_them_again() -> None:
    form = BirthForm({"born_day": "31", "born_month": "٢", "born_year": "1986"})
    assert not form.is_valid()
    shown = str(form["born"])
    for name, value in (("born_day", "31"), ("born_month", "٢"), ("born_year", "1986")):
        assert f'name="{name}"' in shown
        assert f'value="{value}"' in shown


@pytest.mark.parametrize(
    ("initial", "shown"),
    [
        (PartialDate(1986), ("", "", "1986")),
        (PartialDate(1986, 3), ("", "3", "1986")),
        (dt.date(1986, 3, 7), ("7", "3", "1986")),
        (None, None),
    ],
)
def test_a_known_date_stands_in_the_boxes(initial: object, shown: Parts | None) -> None:
    assert BirthForm(initial={"born": initial})["born"].value() == shown


def test_a_date_left_as_it_was_has_not_changed() -> None:
    initial = {"born": PartialDate(1986, 3)}
    same = BirthForm({"born_day": "", "born_month": "3", "born_year": "1986"}, initial=initial)
    other = BirthForm({"born_day": "1", "born_month": "3", "born_year": "1986"}, initial=initial)
    assert same.changed_data == []
    assert other.changed_data == ["born"]


@pytest.mark.parametrize(
    "text", ["", "86", "1986-3", "1986-13", "1986-02-30", "1986-01-01-01", "x"]
)
def test_only_what_was_written_is_read_back(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        PartialDate.parse(text)


def test_a_partial_date_knows_its_first_and_last_day() -> None:
    assert PartialDate(2024, 2).first_day == dt.date(2024, 2, 1)
    assert PartialDate(2024, 2).last_day == dt.date(2024, 2, 29)
    assert PartialDate(2024).last_day == dt.date(2024, 12, 31)
    with pytest.raises(ValueError, match="month"):
        PartialDate(2024, None, 3)
