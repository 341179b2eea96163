"""Dates typed as day, month and year, complete or not."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Literal

from babel import Locale
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from entry.cleaning import ascii_digits, clean_line
from entry.presentation import Presentation
from entry.widgets import DatePartsInput

_WRITTEN = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
Precision = Literal["year", "month", "day"]
Bound = dt.date | Callable[[], dt.date]


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date of which only the year, or the year and month, may be known.

    Raises ValueError when the parts are no date. `str()` gives `1987`, `1987-05` or `1987-05-04`.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.month is None and self.day is not None:
            raise ValueError("a day needs its month")
        try:
            self._day(1, 1)
        except OverflowError as too_large:
            raise ValueError("no such day") from too_large

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """Read back what `str()` wrote. Raises ValueError for anything else."""
        written = _WRITTEN.fullmatch(text)
        if written is None:
            raise ValueError("not a date as this class writes it")
        return cls(*(int(part) for part in written.groups() if part))

    @property
    def precision(self) -> Precision:
        if self.day is not None:
            return "day"
        return "month" if self.month is not None else "year"

    @property
    def first_day(self) -> dt.date:
        return self._day(1, 1)

    @property
    def last_day(self) -> dt.date:
        month = 12 if self.month is None else self.month
        return self._day(month, calendar.monthrange(self.year, month)[1])

    def _day(self, month: int, day: int) -> dt.date:
        """The day with these in place of what is not known."""
        return dt.date(
            self.year,
            month if self.month is None else self.month,
            day if self.day is None else self.day,
        )

    def __str__(self) -> str:
        if self.month is None:
            return f"{self.year:04}"
        if self.day is None:
            return f"{self.year:04}-{self.month:02}"
        return self.first_day.isoformat()


class PartialDateField(forms.Field):
    """Day, month and year in three boxes; cleans to a `PartialDate` or None.

    `precision` is the least that must be given. `earliest` and `latest` are dates, or functions
    that return one when the form is checked.
    """

    widget = DatePartsInput
    presentation = Presentation()
    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _("Enter the date."),
        "missing_day": _("The date must include a day."),
        "missing_month": _("The date must include a month."),
        "missing_year": _("The date must include a year."),
        "not_a_number": _("Write the date in numbers, for example 27 3 1986."),
        "year_digits": _("Write the year with four digits, for example 1986."),
        "impossible": _("There is no such date. Check the day and the month."),
        "too_early": _("The date must be %(bound)s or later."),
        "too_late": _("The date must be %(bound)s or earlier."),
    }

    def __init__(
        self,
        *,
        precision: Precision = "year",
        earliest: Bound = dt.date(1900, 1, 1),
        latest: Bound = dt.date(2199, 12, 31),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.precision = precision
        self.earliest = earliest
        self.latest = latest

    def to_python(self, value: Any) -> PartialDate | None:
        typed = [clean_line(part or "")[:40] for part in value or ("", "", "")]
        if not any(typed):
            return None
        day, month, year = typed
        self._refuse_missing(day, month, year)
        numbers = (
            self._part("year", year),
            self._part("month", month),
            self._part("day", day),
        )
        try:
            return PartialDate(numbers[0] or 0, *numbers[1:])
        except ValueError:
            is_month_wrong = numbers[1] is not None and not 1 <= numbers[1] <= 12
            raise self._error("impossible", "month" if is_month_wrong else "day") from None

    def validate(self, value: PartialDate | None) -> None:
        super().validate(value)
        if value is None:
            return
        for code, is_outside, bound in (
            ("too_early", value.last_day < _resolve(self.earliest), self.earliest),
            ("too_late", value.first_day > _resolve(self.latest), self.latest),
        ):
            if is_outside:
                shown = date_format(_resolve(bound), "DATE_FORMAT")
                raise self._error(code, "day", "month", "year", bound=shown)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dt.date):
            return (str(value.day), str(value.month), str(value.year))
        if isinstance(value, PartialDate):
            return tuple("" if n is None else str(n) for n in (value.day, value.month, value.year))
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        before = tuple(self.prepare_value(initial) or ("", "", ""))
        return before != tuple(part or "" for part in data or ("", "", ""))

    def _refuse_missing(self, day: str, month: str, year: str) -> None:
        if not year:
            raise self._error("missing_year", "year")
        if not month and (day or self.precision != "year"):
            raise self._error("missing_month", "month")
        if not day and self.precision == "day":
            raise self._error("missing_day", "day")

    def _part(self, part: Precision, typed: str) -> int | None:
        if not typed:
            return None
        digits = ascii_digits(typed)
        if not (digits.isascii() and digits.isdecimal()):
            name = typed.casefold().rstrip(".")
            if part == "month" and name in _month_names():
                return _month_names()[name]
            raise self._error("not_a_number", part)
        # A year of two digits may be 1926 or 2026, and year 0 is none.
        if part == "year" and (len(digits) != 4 or int(digits) == 0):
            raise self._error("year_digits", part)
        return int(digits)

    def _error(self, code: str, *parts: str, **params: str) -> ValidationError:
        """`parts` names the boxes that are to be marked."""
        return ValidationError(
            self.error_messages[code], code=code, params={**params, "parts": parts}
        )


class DatePartsField(PartialDateField):
    """A `PartialDateField` that needs the whole date; cleans to a `datetime.date` or None."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(precision="day", **kwargs)

    def clean(self, value: Any) -> dt.date | None:
        partial: PartialDate | None = super().clean(value)
        return None if partial is None else partial.first_day


def _resolve(bound: Bound) -> dt.date:
    return bound() if callable(bound) else bound


@lru_cache(maxsize=1)
def _month_names() -> dict[str, int]:
    """Month names and their short forms in every language of the site, case-folded."""
    names: dict[str, int] = {}
    for code, _name in settings.LANGUAGES:
        locale = Locale.parse(code, sep="-")
        for use in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in locale.months[use][width].items():
                    names.setdefault(name.casefold().rstrip("."), number)
    return names
