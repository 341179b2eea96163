"""How forms become HTML: every form of the site goes through this renderer.

Markup and class names are those of GOV.UK Frontend, whose patterns are tested with people; the
look is our own (frontend/). Authors say what they want with `entry.presentation.Presentation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting
from django.forms.widgets import (
    CheckboxInput,
    CheckboxSelectMultiple,
    RadioSelect,
    Select,
    Textarea,
)

from entry.presentation import Presentation
from entry.widgets import DatePartsInput

_EMAIL = Presentation(
    direction="ltr", input_mode="email", autocomplete="email", spell_check=False, capitals="none"
)
# For Django's own fields, which state nothing about themselves.
_USUAL: tuple[tuple[type[forms.Field], Presentation], ...] = (
    (forms.EmailField, _EMAIL),
    (forms.URLField, Presentation(direction="ltr", input_mode="text", spell_check=False)),
    (forms.IntegerField, Presentation(direction="ltr", input_mode="numeric", width=5)),
    (forms.CharField, Presentation(direction="auto")),
)
# The widget's shape decides the template part and the class names.
_SHAPES: tuple[tuple[type[forms.Widget], str], ...] = (
    (DatePartsInput, "date"),
    (RadioSelect, "radios"),
    (CheckboxSelectMultiple, "checkboxes"),
    (CheckboxInput, "checkbox"),
    (Select, "select"),
    (Textarea, "textarea"),
    (forms.FileInput, "file-upload"),
)
_DIRECTED = ("input", "textarea")


class PresentedBoundField(BoundField):
    """A field with its look: class names, directions, hints and errors tied to the control."""

    @property
    def shape(self) -> str:
        """`input`, `textarea`, `select`, `radios`, `checkboxes`, `checkbox`, `date` or
        `file-upload`."""
        for widget_class, shape in _SHAPES:
            if isinstance(self.field.widget, widget_class):
                return shape
        return "input"

    @property
    def presentation(self) -> Presentation:
        """The form's word over the field's word over what is usual."""
        stated: Mapping[str, Presentation] = getattr(self.form, "presentation", {})
        usual = getattr(self.field, "presentation", None) or _usual(self.field)
        return stated[self.name].over(usual) if self.name in stated else usual

    @property
    def heading_size(self) -> str:
        """The label's size: `s` for a plain label, as large as a page heading when it is one."""
        presentation = self.presentation
        return presentation.label_size or ("l" if presentation.is_heading else "s")

    @property
    def says_optional(self) -> bool:
        """Whether the label ends in "(optional)"."""
        is_plain = not self.field.required and self.shape != "checkbox"
        return is_plain and self.presentation.says_optional is not False

    @property
    def error_target(self) -> str:
        """The id of the control an error is about: where the error summary leads."""
        if self.shape == "date" and (wrong := self._wrong_parts):
            return f"{self.auto_id}_{wrong[0]}"
        if self.shape in ("radios", "checkboxes"):
            return f"{self.auto_id}_0"
        return self.id_for_label or self.auto_id

    @property
    def needs_counter(self) -> bool:
        presentation = self.presentation
        return bool(presentation.count_to or presentation.counts_message_parts)

    @property
    def aria_describedby(self) -> str | None:
        ids = super().aria_describedby
        if ids is None or not self.needs_counter or not self.auto_id:
            return ids
        return f"{self.auto_id}-info {ids}".strip()

    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: forms.Widget | None = None
    ) -> dict[str, Any]:
        built: dict[str, Any] = dict(super().build_widget_attrs(attrs, widget))
        shown = widget or self.field.widget
        if shown.is_hidden:
            return built
        # The browser's own "required" bubble speaks the browser's language, hides the error
        # summary and cannot be styled or read calmly; the server's words can.
        built.pop("required", None)
        if self.shape in ("radios", "checkboxes", "date"):
            built.pop("aria-invalid", None)
        if self.shape == "date":
            built["wrong_parts"] = self._wrong_parts
        built["class"] = " ".join(filter(None, (self._classes(), shown.attrs.get("class"))))
        for name, value in self._written_attributes().items():
            if value is not None and name not in shown.attrs:
                built.setdefault(name, value)
        return built

    def _classes(self) -> str:
        shape = "checkboxes" if self.shape == "checkbox" else self.shape
        if shape in ("radios", "checkboxes"):
            return f"govuk-{shape}__input"
        if shape == "date":
            return "govuk-date-input"
        names = [f"govuk-{shape}"]
        if self.errors:
            names.append(f"govuk-{shape}--error")
        if shape == "input" and self.presentation.width:
            names.append(f"govuk-input--width-{self.presentation.width}")
        return " ".join(names)

    def _written_attributes(self) -> dict[str, str | None]:
        """HTML attributes for controls into which people write, and for lists that autofill."""
        presentation = self.presentation
        if self.shape == "select":
            return {"autocomplete": presentation.autocomplete}
        if self.shape not in _DIRECTED:
            return {}
        spell_check = presentation.spell_check
        return {
            "autocomplete": presentation.autocomplete,
            "dir": presentation.direction,
            "inputmode": presentation.input_mode,
            "autocapitalize": presentation.capitals,
            "spellcheck": None if spell_check is None else str(spell_check).lower(),
        }

    @property
    def _wrong_parts(self) -> tuple[str, ...]:
        errors: list[ValidationError] = []
        if self.form.is_bound:
            errors = self.form.errors.as_data().get(self.name, [])
        named = [part for error in errors for part in (error.params or {}).get("parts", ())]
        # An error that names no box, such as "enter the date", is about them all.
        return tuple(named) if named or not errors else ("day", "month", "year")


class FormRenderer(TemplatesSetting):
    """The site's `FORM_RENDERER`; `{{ form }}` and `{{ field.as_field_group }}` come out styled."""

    form_template_name = "forms/form.html"
    formset_template_name = "forms/formset.html"
    field_template_name = "forms/field.html"
    bound_field_class = PresentedBoundField


def _usual(field: forms.Field) -> Presentation:
    for field_class, presentation in _USUAL:
        if isinstance(field, field_class):
            return presentation
    return Presentation()
