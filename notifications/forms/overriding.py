"""What is asked for, approved and found about an override, turned into entries."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from consent.models import Basis
from crises.forms import CountField
from crises.models import OverrideField, ReviewFinding
from crises.overrides import BASES, LONGEST_HOURS
from crises.overriding import OverrideEntry
from entry.fields import TextBlockField, TextLineField
from entry.presentation import Presentation
from entry.widgets import CheckboxChoices, RadioChoices

_HOURS = (1, 6, 12, 24, 48, LONGEST_HOURS)
_USUAL_HOURS = 24
_LONGEST_TEXT = 500
_ROWS = {"rows": 3}


def _hour_choices() -> list[tuple[int, str]]:
    return [
        (hours, ngettext("%(hours)d hour", "%(hours)d hours", hours) % {"hours": hours})
        for hours in _HOURS
    ]


class OverrideForm(forms.Form):
    """Everything that is asked for. People who said no are a tick and a reason of their own."""

    basis = forms.ChoiceField(
        label=_("Which law allows it?"),
        help_text=_("If your State has a crisis law, that is the better one."),
        choices=[(one.value, one.label) for one in BASES],
        widget=RadioChoices,
        error_messages={"required": _("Choose which law allows it.")},
    )
    legal_text = TextLineField(
        label=_("Article and paragraph"),
        longest=200,
        error_messages={"required": _("Name the article that allows it.")},
    )
    reason = TextBlockField(
        label=_("What danger are they in?"),
        help_text=_("Write no names: everybody you reach can read this."),
        longest=_LONGEST_TEXT,
        widget=forms.Textarea(attrs=_ROWS),
        error_messages={"required": _("Say what danger they are in.")},
    )
    no_other_basis_because = TextBlockField(
        label=_("Why is there no other way?"),
        longest=_LONGEST_TEXT,
        widget=forms.Textarea(attrs=_ROWS),
        error_messages={"required": _("Say why there is no other way.")},
    )
    fields_opened = forms.MultipleChoiceField(
        label=_("What may be used?"),
        choices=OverrideField.choices,
        widget=CheckboxChoices,
        error_messages={"required": _("Choose what may be used.")},
    )
    max_recipients = CountField(
        label=_("How many people may it reach at most?"),
        error_messages={"required": _("Say how many people it may reach at most.")},
    )
    hours = forms.TypedChoiceField(
        label=_("For how long?"),
        help_text=_("It ends by itself."),
        choices=_hour_choices,
        coerce=int,
        initial=_USUAL_HOURS,
    )
    includes_refusers = forms.BooleanField(
        label=_("Also write to people who said no"),
        help_text=_("Never to people who said that a message would put them in danger."),
        required=False,
    )
    refusers_reason = TextBlockField(
        label=_("Why also to people who said no?"),
        longest=_LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs=_ROWS),
    )

    presentation: ClassVar[dict[str, Presentation]] = {
        "legal_text": Presentation(width=30),
        "refusers_reason": Presentation(says_optional=False),
        "includes_refusers": Presentation(says_optional=False),
    }

    def clean_max_recipients(self) -> int:
        most: int = self.cleaned_data["max_recipients"]
        if most < 1:
            raise forms.ValidationError(_("Say how many people it may reach at most."))
        return most

    def clean(self) -> dict[str, Any]:
        """A tick without its reason, or a reason without its tick, is a mistake."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("includes_refusers") and not cleaned.get("refusers_reason"):
            self.add_error("refusers_reason", _("Say why also to people who said no."))
        if cleaned.get("refusers_reason") and not cleaned.get("includes_refusers"):
            self.add_error("includes_refusers", _("Tick this, or leave its reason empty."))
        return cleaned

    def entry(self) -> OverrideEntry:
        """Return what is asked for; for a valid form."""
        chosen = self.cleaned_data
        return OverrideEntry(
            basis=Basis(chosen["basis"]),
            legal_text=chosen["legal_text"],
            fields=[OverrideField(field) for field in chosen["fields_opened"]],
            reason=chosen["reason"],
            no_other_basis_because=chosen["no_other_basis_because"],
            max_recipients=chosen["max_recipients"],
            hours=chosen["hours"],
            refusers_reason=chosen["refusers_reason"],
        )


class OverrideApprovalForm(forms.Form):
    """The most people it may reach, typed by the second person."""

    typed_most = CountField(
        label=_("Type how many people it may reach at most"),
        error_messages={"required": _("Type the number of people shown above.")},
    )

    presentation: ClassVar[dict[str, Presentation]] = {
        "typed_most": Presentation(label_size="m", autocomplete="off")
    }


class OverrideReviewForm(forms.Form):
    """What somebody found who had no part in it."""

    finding = forms.ChoiceField(
        label=_("What did you find?"),
        choices=ReviewFinding.choices,
        widget=RadioChoices,
        error_messages={"required": _("Choose what you found.")},
    )
    words = TextBlockField(
        label=_("In a few words"),
        help_text=_("Write no names: everybody it reached can read this."),
        longest=_LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs=_ROWS),
    )
