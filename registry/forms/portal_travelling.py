"""One leg of a trip: where, from when, until when."""

from __future__ import annotations

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entry.fields import DatePartsField
from geography.forms import CountryField
from registry.forms.portal import StayForm, latest_end
from registry.models import StayKind
from registry.registration import StayEntry


class LegForm(StayForm):
    """A place on a journey, with its first and its last day."""

    # A leg needs no reason: people travel for many at once.
    kind = None  # type: ignore[assignment]  # Django's way to leave an inherited field out
    country = CountryField(label=_("Country you travel to"), leave_out_home=True)
    begin = DatePartsField(
        label=_("First day there"),
        earliest=timezone.localdate,
        latest=latest_end,
        help_text=_("For example: 27 3 2027."),
        error_messages={
            "required": _("Write the first day."),
            "too_early": _("This day is over. Write a day from today on."),
        },
    )
    until = DatePartsField(
        label=_("Last day there"),
        earliest=timezone.localdate,
        latest=latest_end,
        help_text=_("We stop warning you about this place after that day."),
        error_messages={
            "required": _("Write the last day."),
            "too_early": _("This day is over. Write a day from today on."),
        },
    )

    field_order = ("country", "area", "place", "begin", "until")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        begin, until = cleaned.get("begin"), cleaned.get("until")
        if begin and until and until < begin:
            self.add_error(
                "until",
                ValidationError(
                    _("The last day cannot be before the first day."), code="ends_before"
                ),
            )
        return cleaned

    def stay_entry(self) -> StayEntry:
        """Return the checked answers, typed."""
        cleaned = self.cleaned_data
        return StayEntry(
            kind=StayKind.TRAVEL,
            country_code=cleaned["country"],
            area_code=cleaned["area"] or None,
            place=cleaned["place"],
            from_on=cleaned["begin"],
            until_on=cleaned["until"],
        )


def next_leg(last_day: datetime.date | None) -> dict[str, Any]:
    """Return what a form for the leg after one that ends on a day begins with."""
    return {"begin": last_day} if last_day else {}
