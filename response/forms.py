"""Forms of the cases' pages."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import StaffUser
from encryption.identifiers import new_id
from entry.presentation import Presentation
from entry.text import TextBlockField
from entry.widgets import RadioChoices
from response.models import NextStep, Origin, Outcome, Urgency

_WITHIN = {
    "1": (_("In an hour"), datetime.timedelta(hours=1)),
    "4": (_("In four hours"), datetime.timedelta(hours=4)),
    "24": (_("Tomorrow"), datetime.timedelta(days=1)),
    "72": (_("In three days"), datetime.timedelta(days=3)),
    "168": (_("In a week"), datetime.timedelta(days=7)),
}


class _NoteField(TextBlockField):
    longest = 1000

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("What colleagues should know"),
            required=False,
            help_text=_("Kept sealed, read by your post only. The person may ask to see it."),
            widget=forms.Textarea({"rows": 4}),
            **kwargs,
        )


class OpenCaseForm(forms.Form):
    """A need somebody told us of. `entry` makes the same form sent twice one case."""

    entry = forms.UUIDField(widget=forms.HiddenInput, initial=new_id)
    origin = forms.ChoiceField(
        label=_("How do you know of it?"),
        choices=[choice for choice in Origin.choices if choice[0] != Origin.ANSWER],
        widget=RadioChoices,
        error_messages={"required": _("Choose how you know of it.")},
    )
    urgency = forms.TypedChoiceField(
        label=_("How urgent is it?"),
        choices=Urgency.choices,
        coerce=int,
        widget=RadioChoices,
        error_messages={"required": _("Choose how urgent it is.")},
    )
    next_step = forms.ChoiceField(label=_("Next step"), choices=NextStep.choices)
    note = _NoteField()

    presentation: ClassVar[dict[str, Presentation]] = {
        "origin": Presentation(label_size="s"),
        "urgency": Presentation(label_size="s"),
        "note": Presentation(count_to=1000),
    }


class StepForm(forms.Form):
    """What comes next, and by when."""

    next_step = forms.ChoiceField(label=_("Next step"), choices=NextStep.choices)
    within = forms.ChoiceField(
        label=_("By when?"), choices=[(key, label) for key, (label, _delta) in _WITHIN.items()]
    )
    urgency = forms.TypedChoiceField(
        label=_("How urgent is it?"), choices=Urgency.choices, coerce=int
    )
    note = _NoteField()

    presentation: ClassVar[dict[str, Presentation]] = {"note": Presentation(count_to=1000)}

    @property
    def next_at(self) -> datetime.datetime:
        """By when the step is to be done."""
        return timezone.now() + _WITHIN[self.cleaned_data["within"]][1]


class GiveForm(forms.Form):
    """The colleague who owns the case from now on."""

    owner = forms.TypedChoiceField(
        label=_("Colleague"),
        coerce=UUID,
        error_messages={"required": _("Choose a colleague.")},
    )

    def __init__(self, *args: Any, colleagues: list[StaffUser], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose a colleague")),
            *((str(user.pk), user.name) for user in colleagues),
        ]


class CloseForm(forms.Form):
    """How the case ended."""

    outcome = forms.ChoiceField(
        label=_("How did it end?"),
        choices=Outcome.choices,
        widget=RadioChoices,
        error_messages={"required": _("Choose how it ended.")},
    )
    note = _NoteField()

    presentation: ClassVar[dict[str, Presentation]] = {
        "outcome": Presentation(label_size="m"),
        "note": Presentation(count_to=1000),
    }
