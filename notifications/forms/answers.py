"""What people type when they tell us that they are safe or need help."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from entry.fields import TextBlockField, TextLineField
from entry.presentation import Presentation


class AnswerForm(forms.Form):
    """Words and a place beside the answer. Both may stay empty, and neither is ever needed."""

    words = TextBlockField(
        label=_("Do you want to tell us more?"),
        required=False,
        longest=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For example, who is with you, or what you need most."),
    )
    # No single line: the Enter key in one would press the first button of the page.
    place = TextLineField(
        label=_("Where are you now?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    presentation = {"place": Presentation(autocomplete="off")}

    def usable(self, name: str) -> str:
        """Return what was typed into a field if it can be kept, else nothing."""
        return str(self.cleaned_data.get(name, ""))
