"""Telephone numbers as people write them, kept as E.164."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

import phonenumbers
from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _
from phonenumbers import NumberParseException, PhoneNumberType

from entry.cleaning import ascii_digits
from entry.presentation import Presentation
from entry.text import TextLineField

_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")
_EXTENSION = re.compile(r"(?:[,;#]|x|ext|extension|poste)[\s.=]*\d+$")
# Mexico dropped its 1 for mobiles in 2019; phone books all over the world still hold it.
_FORMER_MEXICAN_MOBILE = re.compile(r"^\+52\D*1(?=(?:\D*\d){10}$)")
_WRITTEN = re.compile(r"\+?[0-9 ()./\-]+")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\uff0d\u30fc", "-"))
_PLUSES = str.maketrans({"\uff0b": "+", "\ufe62": "+", "\uff08": "(", "\uff09": ")"})
# A message to one of these would cost the person or reach nobody.
_COSTLY = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.UAN,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.PAGER,
        PhoneNumberType.VOICEMAIL,
    }
)


class PhoneField(TextLineField):
    """A telephone number in any usual spelling and digits; cleans to E.164 such as `+9613123456`.

    A number without its country code is read as one of the country in the form's field
    `country_field`; `region_of` turns that field's raw value into an ISO 3166-1 code when it is
    not one already. A number that starts with + (or 00) needs neither.
    """

    widget = forms.TelInput
    longest = 60
    presentation = Presentation(
        width=20, direction="ltr", input_mode="tel", autocomplete="tel", spell_check=False
    )
    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _("Enter a phone number."),
        "too_long": _("This is too long for a phone number. Enter one number only."),
        "one_only": _("Enter one phone number only."),
        "letters": _("Use only numbers, spaces and +. For example, +961 3 123 456."),
        "extension": _("Leave out the extension. Enter a number that can be reached directly."),
        "country_needed": _("Start with + and the country code. For example, +961 3 123 456."),
        "country_unknown": _("No country has this code. Check the numbers after the +."),
        "too_short": _("This phone number is too short. Check that no number is missing."),
        "too_many": _("This phone number is too long. Check for numbers typed twice."),
        "not_in_use": _(
            "No phone has this number. Check each number, or start with + and the country code."
        ),
        "costly": _("We cannot send messages to this kind of number. Enter an ordinary number."),
    }

    def __init__(
        self,
        *,
        country_field: str | None = None,
        region_of: Callable[[str], str | None] = str.upper,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.country_field = country_field
        self.region_of = region_of
        self._form: forms.BaseForm | None = None

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> BoundField:
        # A form copies its fields, so remembering the form here concerns this copy alone.
        self._form = form
        return super().get_bound_field(form, field_name)

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value)
        return self._e164(self._spelled(typed)) if typed else ""

    def _spelled(self, typed: str) -> str:
        """The number in ASCII digits, with a leading + when the country code is in it."""
        number = ascii_digits(typed.translate(_DASHES).translate(_PLUSES))
        number = _TRUNK_ZERO.sub("", number.casefold().removeprefix("tel:").strip())
        if _EXTENSION.search(number):
            raise self.refusal("extension")
        if number.count("+") > 1:
            raise self.refusal("one_only")
        # On a right-to-left keyboard the + is easily typed at the far end.
        if number.endswith("+"):
            number = "+" + number[:-1].strip()
        if number.startswith("(+"):
            number = number[1:].replace(")", " ", 1)
        if not _WRITTEN.fullmatch(number) or not any(map(str.isdigit, number)):
            raise self.refusal("letters")
        return _FORMER_MEXICAN_MOBILE.sub("+52", number)

    def _e164(self, number: str) -> str:
        region = self._region()
        if region is None and not number.startswith(("+", "00")):
            raise self.refusal("country_needed")
        parsed = _parsed(number, region)
        # 00 is dialled for + in most of the world, whatever the country chosen.
        if number.startswith("00") and not _is_in_use(parsed):
            parsed = _parsed("+" + number[2:], None)
        if isinstance(parsed, NumberParseException):
            raise self.refusal(_PARSE_PROBLEMS[parsed.error_type])
        self._refuse_unreachable(parsed)
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)

    def _refuse_unreachable(self, number: phonenumbers.PhoneNumber) -> None:
        reason = phonenumbers.is_possible_number_with_reason(number)
        if reason == phonenumbers.ValidationResult.TOO_SHORT:
            raise self.refusal("too_short")
        if reason == phonenumbers.ValidationResult.TOO_LONG:
            raise self.refusal("too_many")
        if not phonenumbers.is_valid_number(number):
            raise self.refusal("not_in_use")
        if phonenumbers.number_type(number) in _COSTLY:
            raise self.refusal("costly")

    def _region(self) -> str | None:
        if self._form is None or self.country_field is None:
            return None
        raw = self._form[self.country_field].data
        region = self.region_of(raw) if isinstance(raw, str) else None
        return region if region in phonenumbers.SUPPORTED_REGIONS else None


def _parsed(number: str, region: str | None) -> phonenumbers.PhoneNumber | NumberParseException:
    try:
        return phonenumbers.parse(number, region)
    except NumberParseException as problem:
        return problem


def _is_in_use(number: phonenumbers.PhoneNumber | NumberParseException) -> bool:
    return isinstance(number, phonenumbers.PhoneNumber) and phonenumbers.is_valid_number(number)


_PARSE_PROBLEMS = {
    NumberParseException.INVALID_COUNTRY_CODE: "country_unknown",
    NumberParseException.NOT_A_NUMBER: "too_short",
    NumberParseException.TOO_SHORT_AFTER_IDD: "too_short",
    NumberParseException.TOO_SHORT_NSN: "too_short",
    NumberParseException.TOO_LONG: "too_many",
}
