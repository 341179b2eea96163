"""Instants read in the language of the page."""

from __future__ import annotations

import datetime

import pytest
from django.utils import translation
from django.utils.formats import date_format


@pytest.mark.parametrize("name", ["DATE_FORMAT", "DATETIME_FORMAT", "SHORT_DATETIME_FORMAT"])
def test_arabic_dates_hold_no_latin_letter(name: str) -> None:
    with translation.override("ar"):
        shown = date_format(datetime.datetime(2026, 11, 24, 16, 5, tzinfo=datetime.UTC), name)
    assert not any("a" <= letter.lower() <= "z" for letter in shown)
    assert "2026" in shown
