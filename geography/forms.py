"""Choosing a country and an area of it, on one page, with and without JavaScript.

Five thousand areas do not fit into a page, so the list of areas follows the country. With
JavaScript static/geography/areas.js fetches it; without, a button named `SHOW_AREAS` sends the form
back and the view shows it again with the list filled:

    form = StayForm(request.POST)
    if asks_for_areas(request.POST):
        form = StayForm(initial=as_typed(form))
    elif form.is_valid():
        ...
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.forms.boundfield import BoundField
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from entry.presentation import Presentation
from geography.selectors import areas_of, countries_in_language

Text = str | Promise
Choice = tuple[str, Text]
Group = tuple[str, list[Choice]]

# The name of the button that fills the list of areas when there is no JavaScript.
SHOW_AREAS = "show_areas"


def asks_for_areas(data: Mapping[str, Any]) -> bool:
    """Return whether the form was sent only to see the areas of the country chosen."""
    return SHOW_AREAS in data


def as_typed(form: forms.BaseForm) -> dict[str, Any]:
    """Return what was typed into every field, right or wrong, as `initial` for a fresh form."""
    return {name: form[name].value() for name in form.fields}


def country_choices(language: str | None = None) -> list[Choice]:
    """Return (code, name) of all countries in the language's order, for any choice field."""
    return list(countries_in_language(language))


def area_choices(country_code: str, language: str | None = None) -> list[Choice | Group]:
    """Return a country's areas for a choice field.

    An area with areas inside it becomes a group that begins with "Anywhere in …", the area itself.
    """
    choices: list[Choice | Group] = []
    names = areas_of(country_code, language)
    wholes = {area.parent_code for area in names}
    group: list[Choice] = []
    inside: set[str | None] = set()
    for area in names:
        if area.parent_code in inside:
            inside.add(area.code)
            group.append((area.code, area.name))
        elif area.code in wholes:
            inside = {area.code}
            group = [(area.code, gettext("Anywhere in %(area)s") % {"area": area.name})]
            choices.append((area.name, group))
        else:
            choices.append((area.code, area.name))
    return choices


class CountryField(forms.ChoiceField):
    """A country; cleans to its ISO 3166-1 code.

    leave_out_home: do not offer the State that runs the register (where do you live abroad?).
    """

    presentation = Presentation(autocomplete="country")
    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _("Choose a country."),
        "invalid_choice": _("Choose a country from the list."),
    }

    def __init__(
        self,
        *,
        empty_label: Text | None = None,
        leave_out_home: bool = False,
        **kwargs: Any,
    ) -> None:
        self.empty_label = empty_label or _("Choose a country")
        self.leave_out_home = leave_out_home
        kwargs.setdefault("label", _("Country"))
        super().__init__(choices=self._offered, **kwargs)

    def _offered(self) -> list[Choice]:
        left_out = settings.HOME_STATE_CODE if self.leave_out_home else None
        return [("", self.empty_label), *(c for c in country_choices() if c[0] != left_out)]


class AreaField(forms.ChoiceField):
    """An area of the country in the form's field `country_field`; cleans to an ISO 3166-2 code.

    Cleans to "" when nothing was chosen. When required, then only for countries that have areas.
    """

    # A browser would put the region of a postal address here, spelt its own way.
    presentation = Presentation(autocomplete="off")
    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _("Choose an area."),
        "invalid_choice": _("Choose an area of the country you chose."),
    }
    country_first: Text = _("Choose the country first")
    nothing_to_choose: Text = _("No areas to choose in this country")

    def __init__(
        self,
        *,
        country_field: str = "country",
        empty_label: Text | None = None,
        **kwargs: Any,
    ) -> None:
        self.country_field = country_field
        self.empty_label = empty_label or _("Choose an area")
        kwargs.setdefault("label", _("Area"))
        super().__init__(choices=[("", self.empty_label)], **kwargs)

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> BoundField:
        # A form copies its fields, so what is set here concerns this copy alone.
        country = form[self.country_field]
        country_code = country.value()
        self._offer(country_code if isinstance(country_code, str) else "")
        self.widget.attrs |= {
            "data-areas-of": country.auto_id,
            "data-areas-url": _address_pattern(),
            "data-areas-button": SHOW_AREAS,
            "data-areas-choose": self.empty_label,
            "data-areas-first": self.country_first,
            "data-areas-none": self.nothing_to_choose,
        }
        return super().get_bound_field(form, field_name)

    def _offer(self, country_code: str) -> None:
        areas = area_choices(country_code) if country_code else []
        if areas:
            empty_label = self.empty_label
        else:
            self.required = False
            empty_label = self.nothing_to_choose if country_code else self.country_first
        self.choices = [("", empty_label), *areas]


def _address_pattern() -> str:
    """Return the address of a country's areas with {country} where the code goes."""
    address = reverse("geography:areas", args=["ZZ", get_language() or settings.LANGUAGE_CODE])
    return address.replace("/ZZ.", "/{country}.")
