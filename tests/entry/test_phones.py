"""Telephone numbers in every usual spelling."""

from __future__ import annotations

import pytest
from django import forms

from entry.fields import PhoneField


class PlaceForm(forms.Form):
    country = forms.CharField(required=False)
    phone = PhoneField(country_field="country", required=False)


def read(typed: str, country: str = "") -> PlaceForm:
    form = PlaceForm({"phone": typed, "country": country})
    form.is_valid()
    return form


@pytest.mark.parametrize(
    ("typed", "country", "kept"),
    [
        ("+961 3 123 456", "", "+9613123456"),
        ("+961-3-123456", "", "+9613123456"),
        ("+961.3.123.456", "", "+9613123456"),
        ("+961 (3) 123 456", "", "+9613123456"),
        ("(+961) 3 123 456", "", "+9613123456"),
        ("00961 3 123456", "", "+9613123456"),
        ("00961 3 123456", "LB", "+9613123456"),
        ("00961 3 123456", "US", "+9613123456"),
        ("011 961 3 123456", "US", "+9613123456"),
        ("03 123 456", "LB", "+9613123456"),
        ("03/123456", "LB", "+9613123456"),
        ("3 123 456", "LB", "+9613123456"),
        ("03 123 456", "lb", "+9613123456"),
        ("٠٣ ١٢٣ ٤٥٦", "LB", "+9613123456"),
        ("+٩٦١ ٣ ١٢٣٤٥٦", "", "+9613123456"),
        ("۰۰۹۶۱ ۳ ۱۲۳۴۵۶", "", "+9613123456"),
        ("961 3 123456+", "", "+9613123456"),
        ("\u202a+961 3 123456\u202c", "", "+9613123456"),
        ("\u2066+961\u00a03\u00a0123456\u2069", "", "+9613123456"),
        ("tel:+961-3-123456", "", "+9613123456"),
        ("\uff0b\uff19\uff16\uff11 3 123456", "", "+9613123456"),
        ("+961\u20113\u2013123456", "", "+9613123456"),
        ("+9613123456", "XM", "+9613123456"),
        ("+9613123456", "DE", "+9613123456"),
        ("०९८१२३४५६७८", "NP", "+9779812345678"),
        ("+44 (0)20 7946 0018", "", "+442079460018"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("8 (916) 123-45-67", "RU", "+79161234567"),
        ("+52 1 55 1234 5678", "", "+525512345678"),
        ("+54 9 11 2345-6789", "", "+5491123456789"),
        ("(202) 555-0123", "US", "+12025550123"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("0171 2345678", "DE", "+491712345678"),
        ("+39 06 698 12345", "", "+390669812345"),
        ("+881 6 234 56789", "", "+881623456789"),
        ("+870 773 123456", "", "+870773123456"),
        ("", "", ""),
        ("  ", "LB", ""),
    ],
)
def test_a_number_in_any_usual_spelling_becomes_e164(typed: str, country: str, kept: str) -> None:
    form = read(typed, country)
    assert not form.errors
    assert form.cleaned_data["phone"] == kept


@pytest.mark.parametrize(
    ("typed", "country", "code"),
    [
        ("03 123 456", "", "country_needed"),
        ("03 123 456", "XM", "country_needed"),
        ("+999 123 4567", "", "country_unknown"),
        ("+0 123 4567", "", "country_unknown"),
        ("call me", "LB", "letters"),
        ("1-800-FLOWERS", "US", "letters"),
        ("+961 3 12E456", "", "letters"),
        ("+", "", "letters"),
        ("()", "LB", "letters"),
        ("½", "LB", "letters"),
        ("+961 3 1", "", "too_short"),
        ("0", "LB", "too_short"),
        ("+961 3 123456 7777", "", "too_many"),
        ("+961 3 123 456 789 012 345 678", "", "too_many"),
        ("+1 123 456 7890", "", "not_in_use"),
        ("112", "DE", "not_in_use"),
        ("+1 900 555 1234", "", "costly"),
        ("0900 1 234567", "DE", "costly"),
        ("+800 1234 5678", "", "costly"),
        ("+979 123 456 789", "", "costly"),
        ("07012 345678", "GB", "costly"),
        ("+961 3 123456 ext 5", "", "extension"),
        ("+961 3 123456 x5", "", "extension"),
        ("+961 3 123456;ext=5", "", "extension"),
        ("+961 3 123456,,5", "", "extension"),
        ("+961 3 123456 / +961 3 123457", "", "one_only"),
        ("++961 3 123456", "", "one_only"),
        ("+961 3 123456" + " " * 5 + "1" * 60, "", "too_long"),
        ("1" * 1_000_000, "LB", "too_long"),
        ("+961\0 3 123456", "", "null_character"),
    ],
)
def test_a_number_nobody_can_be_reached_at_is_refused_for_its_own_reason(
    typed: str, country: str, code: str
) -> None:
    errors = read(typed, country).errors.as_data()
    assert [error.code for error in errors["phone"]] == [code]


def test_the_country_may_come_from_a_field_with_other_values() -> None:
    class AreaForm(forms.Form):
        area = forms.CharField()
        phone = PhoneField(country_field="area", region_of=lambda area: area.partition("-")[0])

    form = AreaForm({"area": "LB-BA", "phone": "03 123 456"})
    assert form.is_valid()
    assert form.cleaned_data["phone"] == "+9613123456"


def test_the_country_is_read_in_forms_with_a_prefix_and_never_from_another_form() -> None:
    first = PlaceForm({"a-phone": "03 123 456", "a-country": "LB"}, prefix="a")
    second = PlaceForm({"b-phone": "03 123 456", "b-country": ""}, prefix="b")
    assert first.is_valid()
    assert not second.is_valid()


def test_what_was_typed_stands_in_the_box_after_a_refusal() -> None:
    assert 'value="03 123 45x"' in str(read("03 123 45x", "LB")["phone"])
