"""Widgets that Django lacks: a date in three boxes, choices that explain themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.functional import Promise

Text = str | Promise
Hints = Mapping[Any, Text] | Callable[[Any], Text]

DATE_PARTS = ("day", "month", "year")


class DatePartsInput(forms.Widget):
    """Three boxes for day, month and year; the value is a tuple of three texts.

    `autocomplete="bday"` turns on the browser's own filling-in of a birth date.
    """

    template_name = "entry/date_parts.html"
    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None, *, autocomplete: str = "") -> None:
        super().__init__(attrs)
        self.autocomplete = autocomplete

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        shared = context["widget"]["attrs"]
        # Which boxes an error is about: put there by the renderer, no HTML attribute.
        wrong = shared.pop("wrong_parts", ())
        context["widget"]["parts"] = [
            {
                "part": part,
                "name": f"{name}_{part}",
                "id": self._part_id(shared.get("id", ""), part),
                "value": typed or "",
                "autocomplete": f"{self.autocomplete}-{part}" if self.autocomplete else "",
                "is_wrong": part in wrong,
                "size": 4 if part == "year" else 2,
            }
            for part, typed in zip(DATE_PARTS, _three(value), strict=True)
        ]
        return context

    def format_value(self, value: Any) -> str | None:
        return None

    def value_from_datadict(
        self, data: Mapping[str, Any], files: Any, name: str
    ) -> tuple[str, str, str]:
        day, month, year = (str(data.get(f"{name}_{part}") or "") for part in DATE_PARTS)
        return day, month, year

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return all(f"{name}_{part}" not in data for part in DATE_PARTS)

    def id_for_label(self, id_: str) -> str:
        return self._part_id(id_, DATE_PARTS[0])

    @staticmethod
    def _part_id(id_: str, part: str) -> str:
        return f"{id_}_{part}" if id_ else ""


def _three(value: Any) -> Sequence[str]:
    return value if isinstance(value, (tuple, list)) and len(value) == 3 else ("", "", "")


class _HintedOptions(forms.widgets.ChoiceWidget):
    """Choices of which each may carry a sentence of its own."""

    def __init__(
        self, attrs: dict[str, Any] | None = None, choices: Any = (), *, hints: Hints | None = None
    ) -> None:
        super().__init__(attrs, choices)
        self.hints: Hints = hints or {}

    def create_option(
        self,
        name: str,
        value: Any,
        label: int | str,
        selected: bool,
        index: int,
        subindex: int | None = None,
        attrs: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        option = super().create_option(name, value, label, selected, index, subindex, attrs)
        key = getattr(value, "value", value)  # model choices arrive wrapped
        hint = self.hints(key) if callable(self.hints) else self.hints.get(key, "")
        if hint:
            option["hint"] = hint
            if option["attrs"].get("id"):
                option["attrs"]["aria-describedby"] = f"{option['attrs']['id']}_hint"
        return option


class RadioChoices(_HintedOptions, forms.RadioSelect):
    """One of several. `hints` maps a choice's value to its sentence, or is a function of it."""


class CheckboxChoices(_HintedOptions, forms.CheckboxSelectMultiple):
    """Any of several. `hints` as for `RadioChoices`."""
