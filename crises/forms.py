"""What is typed about a crisis, turned into entries."""

from __future__ import annotations

import datetime
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crises.models import Level
from crises.places import Place, read_places
from crises.services import CrisisEntry, PeopleEstimate
from entry.fields import TextBlockField, TextLineField
from entry.presentation import Presentation
from entry.widgets import CheckboxChoices, RadioChoices
from geography.drawing import MOST_LETTERS, shape_from_text
from geography.forms import CountryField, area_choices
from geography.positions import read_coordinates
from geography.shapes import (
    LARGEST_RADIUS_KM,
    SMALLEST_RADIUS_KM,
    BadShape,
    Circle,
    Shape,
)

_LEVEL_HINTS = {
    Level.WATCH.value: _("Something may happen. People should listen for news."),
    Level.PREPARE.value: _("People should get ready."),
    Level.ACT.value: _("People should do something now, such as stay inside."),
    Level.LEAVE.value: _("People should leave the place."),
}
_SIDES = (("affected", _("Affected")), ("left-out", _("Left out")))


class PlacesField(TextBlockField):
    """Names or codes of countries and areas; cleans to a list of Place."""

    widget = forms.Textarea(attrs={"rows": 3})
    longest = 5000

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return read_places(text) if text else []


def level_field() -> forms.TypedChoiceField:
    """Return a field for a crisis's level."""
    return forms.TypedChoiceField(
        label=_("Level"),
        choices=Level.choices,
        coerce=lambda value: Level(int(value)),
        widget=RadioChoices(hints=_LEVEL_HINTS),
        error_messages={"required": _("Choose a level.")},
    )


class CrisisForm(forms.Form):
    """Opens a real crisis. An exercise has a form and a page of its own."""

    is_exercise = False

    title = TextLineField(
        label=_("Title"),
        longest=120,
        help_text=_("What has happened and where, such as “Earthquake in Antioch”."),
        error_messages={"required": _("Say in a few words what has happened.")},
    )
    level = level_field()
    places = PlacesField(
        label=_("Places"),
        required=False,
        help_text=_(
            "Countries, regions or their codes, with commas between them: Beirut, TR-34. "
            "You can also choose them from a list on the next page."
        ),
    )

    presentation = {"title": Presentation(width=30), "places": Presentation(spell_check=False)}

    def entry(self) -> CrisisEntry:
        """Return what was decided; for a valid form."""
        return CrisisEntry(
            title=self.cleaned_data["title"],
            level=self.cleaned_data["level"],
            is_exercise=self.is_exercise,
            places=tuple(self.cleaned_data["places"]),
        )


class ExerciseForm(CrisisForm):
    """Opens an exercise."""

    is_exercise = True

    title = TextLineField(
        label=_("Name of the exercise"),
        longest=120,
        help_text=_("What is practised, such as “Flood at the Bosporus, spring exercise”."),
        error_messages={"required": _("Give the exercise a name.")},
    )
    level = level_field()
    level.label = _("Level to practise")


class LevelForm(forms.Form):
    """Raises or lowers a crisis."""

    level = level_field()


class SideForm(forms.Form):
    """The choice between an affected place and one to leave out."""

    side = forms.ChoiceField(
        label=_("These places are"),
        choices=_SIDES,
        initial="affected",
        widget=RadioChoices(),
        error_messages={"required": _("Choose whether they are affected or left out.")},
    )

    presentation = {"side": Presentation(is_inline=True)}

    @property
    def is_excluded(self) -> bool:
        """Whether the places are to be left out; for a valid form."""
        return bool(self.cleaned_data["side"] == "left-out")

    @property
    def named(self) -> list[Place]:
        """The places; for a valid form."""
        raise NotImplementedError


class TypedPlacesForm(SideForm):
    """Places as a typed list."""

    places = PlacesField(
        label=_("Names or codes"),
        help_text=_(
            "Put commas between them, or write each on its own line. Any of our languages will "
            "do: Beirut, Türkiye, LB-JL."
        ),
        error_messages={"required": _("Type at least one place.")},
    )
    field_order = ("places", "side")

    presentation = {**SideForm.presentation, "places": Presentation(spell_check=False)}

    @property
    def named(self) -> list[Place]:
        return list(self.cleaned_data["places"])


_BAD_SHAPE = {
    "radius": _("The radius must be at least 0.1 km and at most 3000 km."),
    "off-the-map": _("A position is not on the map. Longitude stands before latitude."),
    "too-large": _("This is too long. An area may have 2000 corners."),
    "open-ring": _("The line of this area does not end where it begins."),
    "crossing": _("The line of this area crosses itself."),
    "empty": _("This area holds nothing."),
    "not-json": _("This is not GeoJSON. Copy all of it, from the first bracket to the last."),
}
_NO_SHAPE = _("This is not one area. We need a GeoJSON polygon.")


def _refusal(error: BadShape) -> ValidationError:
    return ValidationError(_BAD_SHAPE.get(error.code, _NO_SHAPE), code=error.code)


class DrawnForm(SideForm):
    """A shape typed in instead of drawn."""

    @property
    def drawn(self) -> Shape:
        """The shape; for a valid form."""
        raise NotImplementedError

    @property
    def named(self) -> list[Place]:
        return []


class CoordinatesField(TextLineField):
    """A point on the map as latitude and longitude; cleans to an ExactPosition."""

    widget = forms.TextInput
    presentation = Presentation(direction="ltr", width=20, spell_check=False, capitals="none")

    def clean(self, value: Any) -> Any:
        typed = read_coordinates(super().clean(value))
        if typed is None:
            raise ValidationError(
                _("Type latitude and longitude in degrees, such as 33.8938, 35.5018."),
                code="no-coordinates",
            )
        return typed


class CircleForm(DrawnForm):
    """A centre and a radius."""

    centre = CoordinatesField(
        label=_("Centre"),
        help_text=_("Latitude and longitude, such as 33.8938, 35.5018."),
        error_messages={"required": _("Type the centre.")},
    )
    radius = forms.FloatField(
        label=_("Radius in kilometres"),
        min_value=SMALLEST_RADIUS_KM,
        max_value=LARGEST_RADIUS_KM,
        widget=forms.TextInput,
        error_messages={
            "required": _("Type the radius."),
            "invalid": _("Type a number, such as 25 or 2.5."),
            "min_value": _BAD_SHAPE["radius"],
            "max_value": _BAD_SHAPE["radius"],
        },
    )
    field_order = ("centre", "radius", "side")

    presentation = {
        **SideForm.presentation,
        "radius": Presentation(direction="ltr", input_mode="decimal", width=5),
    }

    @property
    def drawn(self) -> Shape:
        centre = self.cleaned_data["centre"]
        return Circle(centre.longitude, centre.latitude, self.cleaned_data["radius"])


class PolygonForm(DrawnForm):
    """Pasted GeoJSON."""

    polygon = TextBlockField(
        label=_("GeoJSON"),
        longest=MOST_LETTERS,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("A polygon from a map programme, with holes if need be."),
        error_messages={"required": _("Paste an area.")},
    )
    field_order = ("polygon", "side")

    presentation = {
        **SideForm.presentation,
        "polygon": Presentation(direction="ltr", spell_check=False, capitals="none"),
    }

    def clean_polygon(self) -> Shape:
        """Return the shape that was pasted."""
        try:
            return shape_from_text(self.cleaned_data["polygon"])
        except BadShape as error:
            raise _refusal(error) from None

    @property
    def drawn(self) -> Shape:
        shape: Shape = self.cleaned_data["polygon"]
        return shape


class CountryChoiceForm(forms.Form):
    """The country whose areas are shown next."""

    country = CountryField(leave_out_home=True)


class AreasForm(SideForm):
    """Areas of one country, ticked in a list, or all of the country."""

    is_whole = forms.BooleanField(required=False)
    areas = forms.MultipleChoiceField(
        label=_("Areas"),
        required=False,
        widget=CheckboxChoices(),
        error_messages={"invalid_choice": _("Choose areas of this country.")},
    )
    field_order = ("is_whole", "areas", "side")

    presentation = {
        **SideForm.presentation,
        "areas": Presentation(is_inline=True, says_optional=False),
    }

    def __init__(self, *args: Any, country_code: str, country_name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country_code = country_code
        self.fields["is_whole"].label = _("All of %(country)s") % {"country": country_name}
        choices = area_choices(country_code)
        if choices:
            areas = self.fields["areas"]
            assert isinstance(areas, forms.MultipleChoiceField)
            areas.choices = choices
        else:
            del self.fields["areas"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("is_whole") and not cleaned.get("areas") and not self.errors:
            raise ValidationError(_("Tick the whole country or at least one area."))
        return cleaned

    @property
    def named(self) -> list[Place]:
        if self.cleaned_data["is_whole"]:
            return [(self.country_code, None)]
        return [(self.country_code, code) for code in self.cleaned_data["areas"]]


# Between groups of three digits, as languages write large numbers.
_SEPARATOR = re.compile("(?<=\\d)[ ,.'’٬\u00a0\u202f](?=\\d{3}(?!\\d))")


class CountField(forms.IntegerField):
    """A number of people, as anybody writes it: 1200, 1,200, 1 200, ١٢٠٠."""

    widget = forms.TextInput
    presentation = Presentation(direction="ltr", input_mode="numeric", width=10)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=100_000_000, **kwargs)
        self.error_messages["invalid"] = _("Type a whole number, such as 1200.")

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, str):
            previous = ""
            while previous != value:
                previous, value = value, _SEPARATOR.sub("", value)
        return super().to_python(value)


_UPDATE_WITHIN = (
    ("1", _("In an hour")),
    ("3", _("In three hours")),
    ("6", _("In six hours")),
    ("12", _("In twelve hours")),
    ("24", _("In a day")),
    ("", _("No promise")),
)


class NextUpdateForm(forms.Form):
    """When people will hear more."""

    within = forms.ChoiceField(
        label=_("When will people hear more?"),
        choices=_UPDATE_WITHIN,
        required=False,
        widget=RadioChoices,
        help_text=_("The public page of the crisis says so. Keep the promise."),
    )

    presentation = {"within": Presentation(label_size="m", says_optional=False)}

    @property
    def at(self) -> datetime.datetime | None:
        """The moment promised; None for no promise."""
        hours = self.cleaned_data["within"]
        return timezone.now() + datetime.timedelta(hours=int(hours)) if hours else None


class EstimateForm(forms.Form):
    """What others think how many of our people are in the places, registered or not."""

    low = CountField(label=_("At least"), required=False)
    high = CountField(label=_("At most"), required=False)
    source = TextLineField(
        label=_("Who says so"),
        required=False,
        longest=120,
        help_text=_("Such as a census, the border or airlines."),
    )

    presentation = {
        "low": Presentation(says_optional=False),
        "high": Presentation(says_optional=False),
        "source": Presentation(says_optional=False, width=30),
    }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        low, high = cleaned.get("low"), cleaned.get("high")
        if (low is None) != (high is None) and not self.errors:
            missing = "low" if low is None else "high"
            self.add_error(missing, _("An estimate is a range: give both numbers, or neither."))
        elif low is not None and high is not None and low > high:
            self.add_error("high", _("This must not be smaller than the other number."))
        return cleaned

    def estimate(self) -> PeopleEstimate | None:
        """Return the range, None when both boxes are empty; for a valid form."""
        if self.cleaned_data["low"] is None:
            return None
        return PeopleEstimate(
            self.cleaned_data["low"], self.cleaned_data["high"], self.cleaned_data["source"]
        )
