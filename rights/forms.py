"""Forms of the rights desk."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from entry.presentation import Presentation
from entry.widgets import RadioChoices
from rights.models import Ground, Identity, Right
from rights.services import Entered, objectionable_purposes


class CounterForm(forms.Form):
    """What somebody asks for at the counter, and how it is known who they are."""

    right = forms.ChoiceField(
        label=_("What does the person ask for?"),
        choices=Right.choices,
        widget=RadioChoices,
        error_messages={"required": _("Choose what the person asks for.")},
    )
    purpose = forms.ChoiceField(
        label=_("To which use do they object?"),
        required=False,
        help_text=_("Only for an objection."),
    )
    identity = forms.ChoiceField(
        label=_("How do you know who they are?"),
        choices=Identity.choices,
        widget=RadioChoices,
        error_messages={"required": _("Choose how you know who they are.")},
    )

    presentation: ClassVar[dict[str, Presentation]] = {
        "right": Presentation(label_size="m"),
        "purpose": Presentation(says_optional=False),
        "identity": Presentation(label_size="m"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        purposes = purpose_choices()
        self.fields["purpose"].choices = [("", "–"), *purposes]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """An objection says to what."""
        cleaned = super().clean() or {}
        if cleaned.get("right") == Right.OBJECTION and not cleaned.get("purpose"):
            self.add_error("purpose", _("Choose to which use the person objects."))
        return cleaned

    def entered_by(self, user: Any) -> Entered:
        """Return who entered it and how they knew, once the form is valid."""
        return Entered(user, Identity(self.cleaned_data["identity"]))


class RefuseForm(forms.Form):
    """Why a request is refused."""

    ground = forms.ChoiceField(
        label=_("Why is it refused?"),
        choices=Ground.choices,
        widget=RadioChoices,
        error_messages={"required": _("Choose why it is refused.")},
    )

    presentation: ClassVar[dict[str, Presentation]] = {"ground": Presentation(label_size="m")}


# What the uses that rest on no consent are called, in words people use.
_PURPOSES = {
    "registry_core": _("Keeping my registration"),
    "statistics": _("Counting me in statistics"),
    "search_by_other_post": _("Being found by other consulates"),
}


def purpose_choices() -> list[tuple[str, Any]]:
    """Return (code, words) of the uses somebody can object to."""
    return [
        (purpose.code, _PURPOSES.get(purpose.code, purpose.code))
        for purpose in objectionable_purposes()
    ]


def purpose_words(code: str) -> str:
    """Return what a use is called."""
    return str(_PURPOSES.get(code, _("Text messages") if code == "sms" else code))
