"""Text hygiene: what is taken out, what must never be."""

from __future__ import annotations

import unicodedata

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from entry.cleaning import ascii_digits, clean_block, clean_line

UNSEEN = [
    "\u061c", "\u200e", "\u200f", "\u202a", "\u202b", "\u202c", "\u202d", "\u202e",
    "\u2066", "\u2067", "\u2068", "\u2069", "\u00ad", "\u200b", "\u2060", "\ufeff", "\u3164",
    "\u115f", "\u180e", "\ufffe", "\U000e0041", "\x01", "\x07", "\x1b", "\x7f", "\x9f",
]  # fmt: skip


@pytest.mark.parametrize("character", UNSEEN, ids=lambda character: f"U+{ord(character):04X}")
def test_what_cannot_be_seen_is_taken_out(character: str) -> None:
    assert clean_line(f"Am{character}al{character}") == "Amal"
    assert clean_block(f"{character}Am{character}al") == "Amal"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Amal   Haddad ", "Amal Haddad"),
        ("Amal\tHaddad", "Amal Haddad"),
        ("Amal\r\nBcc: x", "Amal Bcc: x"),
        ("Amal\u00a0\u3000Haddad", "Amal Haddad"),
        ("Amal\u2028Haddad", "Amal Haddad"),
        ("Jose\u0301", "José"),
        ("e\u200e\u0301", "é"),
        ("", ""),
        (" \u200f ", ""),
    ],
)
def test_a_line_is_one_line_with_single_spaces_composed(typed: str, kept: str) -> None:
    assert clean_line(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("می\u200cخواهم", "می\u200cخواهم"),  # Persian: two words would be wrong, one too
        ("ශ්\u200dරී", "ශ්\u200dරී"),  # Sinhala ligature
        ("മോഹന്\u200d", "മോഹന്\u200d"),  # older Malayalam writes its last letter so
        ("র\u200d্যাব", "র\u200d্যাব"),
        ("क्\u200dष", "क्\u200dष"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("\u200dAmal\u200c", "Amal"),
        ("Amal \u200c Haddad", "Amal Haddad"),
        ("A\u200d\u200d\u200db", "A\u200db"),
        ("1\u200d2", "12"),
    ],
)
def test_joiners_stay_where_they_are_spelling(typed: str, kept: str) -> None:
    assert clean_line(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("one\n\n\n\n\ntwo", "one\n\ntwo"),
        ("\n\n one  two \n", "one two"),
        ("a\x0bb", "a\nb"),
    ],
)
def test_a_block_keeps_its_lines(typed: str, kept: str) -> None:
    assert clean_block(typed) == kept


@pytest.mark.parametrize("clean", [clean_line, clean_block])
@pytest.mark.parametrize(
    ("typed", "code"), [("a\0b", "null_character"), ("a\ud800b", "broken_character")]
)
def test_what_cannot_be_stored_is_refused_with_a_sentence(
    clean: type[str], typed: str, code: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        clean(typed)
    assert refusal.value.code == code
    assert refusal.value.messages[0].endswith("again.")


@pytest.mark.parametrize(
    "digits",
    [
        "0123456789",
        "٠١٢٣٤٥٦٧٨٩",
        "۰۱۲۳۴۵۶۷۸۹",
        "०१२३४५६७८९",
        "০১২৩৪৫৬৭৮৯",
        "๐๑๒๓๔๕๖๗๘๙",
        "０１２３４５６７８９",
        "௦௧௨௩௪௫௬௭௮௯",
        "០១២៣៤៥៦៧៨៩",
        "၀၁၂၃၄၅၆၇၈၉",
    ],
)
def test_digits_of_every_script_are_digits(digits: str) -> None:
    assert ascii_digits(digits) == "0123456789"


def test_what_only_looks_like_a_digit_stays() -> None:
    assert ascii_digits("²½五Ⅷ") == "²½五Ⅷ"


@given(st.text())
def test_cleaning_never_fails_otherwise_and_cleaning_twice_is_cleaning_once(text: str) -> None:
    for clean in (clean_line, clean_block):
        try:
            kept = clean(text)
        except ValidationError:
            assert "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text)
        else:
            assert clean(kept) == kept
            assert unicodedata.is_normalized("NFC", kept)
            assert not set(kept) & set(UNSEEN)


@given(st.text(alphabet=st.characters(categories=["Lu", "Ll", "Lo"], exclude_characters=UNSEEN)))
def test_no_letter_is_ever_lost(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    unseen_letters = {"\u115f", "\u1160", "\u3164", "\uffa0"}
    assert clean_line(text) == "".join(c for c in composed if c not in unseen_letters)
