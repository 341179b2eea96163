"""Names, passport numbers, codes and free text as people type them."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from entry.fields import (
    CodeField,
    DatePartsField,
    EmailField,
    PartialDateField,
    PassportNumberField,
    PersonNameField,
    PhoneField,
    TextBlockField,
    TextLineField,
)

NAMES = {
    "Latin": "Marie-Hélène d'Aubigné",
    "Latin, Vietnamese": "Nguyễn Thị Ánh Nguyệt",
    "Latin, Turkish": "İbrahim Çağrı Şimşek",
    "Latin, Icelandic": "Þórdís Æsa Guðmundsdóttir",
    "Latin, Hawaiian": "Keʻalohilani",
    "Greek": "Αγγελική Παπαδοπούλου",
    "Cyrillic": "Анастасія Ґалаґан",
    "Arabic": "زَيْنَب عبد الرحمن",
    "Arabic, Persian": "مهسا امینی‌پور",
    "Arabic, Urdu": "عائشہ نقوی",
    "Hebrew": "שָׂרָה כֹּהֵן",
    "Syriac": "ܝܘܚܢܢ ܒܪ ܙܟܪܝܐ",
    "Thaana": "އިބްރާހީމް",
    "N'Ko": "ߛߏߟߏߡߊߣߊ",
    "Tifinagh": "ⵜⵉⵏⵀⵉⵏⴰⵏ",
    "Ethiopic": "ሳምራዊት ገብረ",
    "Armenian": "Հայկուհի Սարգսյան",
    "Georgian": "ნინო ჯავახიშვილი",
    "Devanagari": "प्रियंका श्रीवास्तव",
    "Bengali": "শ্রাবন্তী চট্টোপাধ্যায়",
    "Gurmukhi": "ਗੁਰਪ੍ਰੀਤ ਕੌਰ",
    "Gujarati": "જ્યોત્સ્ના",
    "Odia": "ଶ୍ରୀମତୀ",
    "Tamil": "ஸ்ரீனிவாசன்",
    "Telugu": "శ్రీనివాసులు",
    "Kannada": "ಲಕ್ಷ್ಮೀ",
    "Malayalam": "ശ്രീകൃഷ്ണന്\u200d",
    "Sinhala": "ශ්\u200dරී ජයවර්ධන",
    "Thai": "สมชาย ใจดี",
    "Lao": "ສົມພອນ",
    "Tibetan": "བསྟན་འཛིན་རྒྱ་མཚོ་",
    "Burmese": "အောင်ဆန်း",
    "Khmer": "សុភ័ក្ត្រ",
    "Han": "歐陽娜娜",
    "Han, rare": "𠮷野家",
    "Hiragana": "さくら",
    "Katakana": "マリア・ゴンザレス",
    "Hangul": "김하늘",
    "Mongolian": "ᠪᠠᠲᠤ",
    "Cherokee": "ᏍᏏᏉᏯ",
    "Canadian syllabics": "ᐃᓄᒃᑎᑐᑦ",
    "Javanese": "ꦱꦸꦏꦂꦤ",
    "Adlam": "𞤀𞤣𞤤𞤢𞤥",
    "one letter": "O",
    "one sign": "王",
    "father's name, Malaysia": "Raj A/L Kumar",
    "also called, Malaysia": "Mohd Ali @ Ahmad",
    "with a number": "Elizabeth 2nd",
    "with a dot": "J. R. R. Ng",
    "click letters": "ǃXóõ Nǁng",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_name_in_any_script_is_kept_letter_for_letter(name: str) -> None:
    assert PersonNameField().clean(name) == name


def test_names_come_from_at_least_thirty_scripts() -> None:
    assert len({label.split(",")[0] for label in NAMES if label[0].isupper()}) >= 30


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "required"),
        ("   ", "required"),
        ("\u200f\u200f", "required"),
        ("---", "no_letters"),
        ("12345", "no_letters"),
        ("😀", "no_letters"),
        ("a" * 201, "too_long"),
        ("a" * 10_000_000, "too_long"),
        ("Am\ufffdl", "damaged"),
        ("Am\0al", "null_character"),
        ("Am\udc00al", "broken_character"),
        ("Z" + "\u0336" * 40 + "algo", "too_many_marks"),
        ("See https://prize.example", "web_address"),
        ("www.prize.example", "web_address"),
    ],
)
def test_a_name_that_is_none_is_refused_for_its_own_reason(typed: str, code: str) -> None:
    _refuses(PersonNameField(), typed, code)


def test_a_name_of_two_hundred_letters_is_a_name() -> None:
    assert PersonNameField().clean("א" * 200) == "א" * 200


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("\u202eAmal\u202c", "Amal"),
        ("Amal\r\nBcc: victim@example.org", "Amal Bcc: victim@example.org"),
        ("\u2068زينب\u2069", "زينب"),
    ],
)
def test_a_name_loses_direction_marks_and_line_ends_only(typed: str, kept: str) -> None:
    assert PersonNameField().clean(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("x1234567", "X1234567"),
        (" X 123-45.67 ", "X1234567"),
        ("X١٢٣٤٥٦٧", "X1234567"),
        ("Ｘ１２３４５６７", "X1234567"),
        ("C01X00T47", "C01X00T47"),
        ("12345", "12345"),
        ("12/34567", "1234567"),
        ("", ""),
    ],
)
def test_a_passport_number_in_any_spelling(typed: str, kept: str) -> None:
    assert PassportNumberField(required=False).clean(typed) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("1234", "length"),
        ("1" * 21, "length"),
        ("1" * 400, "too_long"),
        ("МК123456", "letters"),
        ("X12345<7", "letters"),
        ("X1234567;DROP", "letters"),
        ("", "required"),
    ],
)
def test_a_passport_number_that_is_none_is_refused(typed: str, code: str) -> None:
    _refuses(PassportNumberField(), typed, code)


@pytest.mark.parametrize(
    "typed",
    ["123456", "123 456", "123-456", "١٢٣٤٥٦", "۱۲۳ ۴۵۶", "१२३४५६", "\u200f123456", "１２３４５６"],
)
def test_a_code_in_any_digits(typed: str) -> None:
    assert CodeField().clean(typed) == "123456"


@pytest.mark.parametrize(
    ("typed", "code"),
    [("12345", "length"), ("1234567", "length"), ("12345a", "numbers"), ("", "required"),
     ("1" * 10_000, "too_long"), ("½23456", "numbers")],
)  # fmt: skip
def test_a_code_that_is_none_is_refused(typed: str, code: str) -> None:
    _refuses(CodeField(), typed, code)


def test_free_text_is_cleaned_and_measured_after_cleaning() -> None:
    assert TextLineField(longest=5).clean("  Am\u200f al  ") == "Am al"
    assert TextBlockField(longest=9).clean("one\r\n\r\ntwo ") == "one\n\ntwo"
    _refuses(TextBlockField(longest=9), "one\n\ntwo\n.", "too_long")


def test_a_text_that_is_too_long_is_told_by_how_much() -> None:
    with pytest.raises(ValidationError) as refusal:
        TextLineField(longest=3).clean("four")
    assert refusal.value.messages == ["This must be 3 characters or shorter. It is 4 now."]


@pytest.mark.parametrize(
    "field", [PersonNameField(), PassportNumberField(), CodeField(), TextBlockField()]
)
def test_no_browser_is_told_to_cut_what_is_typed(field: forms.Field) -> None:
    assert "maxlength" not in field.widget_attrs(field.widget)


FIELDS = [
    PersonNameField(), PassportNumberField(), CodeField(), TextLineField(), TextBlockField(),
    PhoneField(), EmailField(),
]  # fmt: skip


@given(
    st.one_of(
        st.none(),
        st.text(),
        st.text(alphabet="0123456789+ ()-./٠١٢xext;,#@a.\u200e\r\n"),
        st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")),
    )
)
def test_whatever_is_typed_a_field_takes_it_or_says_why(typed: str | None) -> None:
    for field in FIELDS:
        kept = _taken(field, typed)
        assert kept is None or _taken(field, kept) == kept


PARTS = st.one_of(st.none(), st.text(), st.text(alphabet="0123456789٠١٢ "))


@given(st.one_of(st.none(), st.tuples(PARTS, PARTS, PARTS)))
def test_whatever_is_typed_as_a_date_is_taken_or_told_why(typed: object) -> None:
    kept = _taken(DatePartsField(), typed)
    assert kept is None or _taken(PartialDateField(), typed).first_day == kept


def _taken(field: forms.Field, typed: object) -> Any:
    """What the field makes of it, or None when it refuses with a sentence."""
    try:
        return field.clean(typed)
    except ValidationError as refusal:
        return None if all(refusal.messages) else pytest.fail("a refusal without words")


def _refuses(field: forms.Field, typed: str, code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        field.clean(typed)
    assert refusal.value.code == code
