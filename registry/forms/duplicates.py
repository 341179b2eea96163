"""The form of the list of possible duplicates."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from entry.presentation import Presentation
from entry.widgets import RadioChoices
from registry.models import DismissalReason


class DismissForm(forms.Form):
    """Why two records are of two people."""

    reason = forms.ChoiceField(
        label=_("How do you know that they are two people?"),
        choices=DismissalReason.choices,
        widget=RadioChoices,
        error_messages={"required": _("Choose how you know it.")},
    )

    presentation: ClassVar[dict[str, Presentation]] = {"reason": Presentation(label_size="m")}


class DuplicatesForm(forms.Form):
    """Where in the list to go on."""

    after = forms.UUIDField(required=False, widget=forms.HiddenInput)
