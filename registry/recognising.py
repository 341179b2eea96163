"""What somebody typed into the search box: a phone number, an address, a document, or a name.

One text can be several of these at once ("1234567" is the end of a phone number and may
be a passport), so all readings are kept and looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError

from consent.receipts import plain_code
from entry.addresses import EmailField
from entry.cleaning import ascii_digits
from entry.phones import PhoneField
from entry.text import PassportNumberField
from registry.indexing import LAST_DIGITS

_FEWEST_LETTERS = 2
# A phone number has no more digits than this (E.164).
_MOST_DIGITS = 15
_POSTCODE_DIGITS = (5, 6)


@dataclass(frozen=True)
class Sought:
    """The readings of one text. Empty where it is not that kind of thing.

    phones: E.164, one per country it may be in. last_digits: the end of a phone number.
    email: in small letters. receipt: the ten letters of a receipt's code. name: the text, when
    it has letters enough to be a name or a place, or is a postcode.
    """

    phones: tuple[str, ...] = ()
    last_digits: str = ""
    email: str = ""
    passport: str = ""
    receipt: str = ""
    name: str = ""

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to look for."""
        return self == Sought()


class _PhoneForm(forms.Form):
    country = forms.CharField()
    phone = PhoneField(country_field="country", required=False)


def recognise(text: str, countries: Iterable[str]) -> Sought:
    """Return every reading of a cleaned line of text.

    countries: ISO codes of the countries a phone number without country code may be in.
    """
    # As phone books and browsers copy a number.
    text = re.sub(r"^tel:\s*", "", text, flags=re.IGNORECASE)
    if "@" in text:
        return Sought(email=_email(text))
    digits = "".join(filter(str.isdecimal, ascii_digits(text)))
    letters = sum(character.isalpha() for character in text)
    is_number = letters == 0 and LAST_DIGITS <= len(digits) <= _MOST_DIGITS
    return Sought(
        phones=_phones(text, countries) if is_number else (),
        last_digits=digits[-LAST_DIGITS:] if is_number else "",
        passport=_passport(text) if digits else "",
        receipt=plain_code(text),
        name=text if letters >= _FEWEST_LETTERS or _is_postcode(text, digits) else "",
    )


def _is_postcode(text: str, digits: str) -> bool:
    # Four digits alone are a year.
    return len(digits) in _POSTCODE_DIGITS and len(text.split()) <= 2


def _email(text: str) -> str:
    try:
        address: str = EmailField().clean(text)
    except ValidationError:
        return ""
    return address.lower()


def _phones(text: str, countries: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for country in ("", *countries):
        form = _PhoneForm({"country": country or "-", "phone": text})
        form.is_valid()
        if number := form.cleaned_data.get("phone"):
            found[number] = None
    return tuple(found)


def _passport(text: str) -> str:
    try:
        number: str = PassportNumberField().clean(text)
    except ValidationError:
        return ""
    return number
