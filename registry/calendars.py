"""This month as a calendar, in the page's language and its own order of days."""

from __future__ import annotations

import calendar
from dataclasses import dataclass

from babel import Locale
from django.utils import timezone
from django.utils.translation import get_language


@dataclass(frozen=True)
class Month:
    """One month: "March 2027", the names of the days, weeks of day numbers (0 for none)."""

    title: str
    days: list[str]
    weeks: list[list[int]]
    today: int


def month_of_today() -> Month:
    """Return the current month, weeks beginning as they do where the language is spoken."""
    today = timezone.localdate()
    locale = Locale.parse(get_language() or "en", sep="-")
    first = locale.first_week_day
    names = locale.days["stand-alone"]["narrow"]
    return Month(
        title=f"{locale.months['stand-alone']['wide'][today.month]} {today.year}",
        days=[names[(first + offset) % 7] for offset in range(7)],
        weeks=calendar.Calendar(first).monthdayscalendar(today.year, today.month),
        today=today.day,
    )
