"""The form of an officer's message to one person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from encryption.identifiers import new_id
from entry.presentation import Presentation
from entry.text import TextBlockField
from entry.widgets import RadioChoices
from notifications.services.writing import LONGEST_TEXT


class MessageForm(forms.Form):
    """Where to and what. `message` makes the same form sent twice one message."""

    message = forms.UUIDField(widget=forms.HiddenInput, initial=new_id)
    contact = forms.TypedChoiceField(
        label=_("Send it to"),
        coerce=UUID,
        widget=RadioChoices,
        error_messages={
            "required": _("Choose where to send it."),
            "invalid_choice": _("This contact is not in use any more. Choose another one."),
        },
    )
    text = TextBlockField(
        label=_("Message"),
        longest=LONGEST_TEXT,
        help_text=_(
            "Write in a language the person reads. Do not write anything that could harm them "
            "if somebody else sees their phone."
        ),
        error_messages={"required": _("Write the message.")},
        widget=forms.Textarea({"rows": 6}),
    )

    presentation: ClassVar[dict[str, Presentation]] = {
        "contact": Presentation(label_size="m"),
        "text": Presentation(label_size="m", counts_message_parts=True),
    }

    def __init__(self, *args: Any, contacts: Sequence[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(contact_id), label) for contact_id, label in contacts]
        self.fields["contact"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:
            self.fields["contact"].initial = choices[0][0]
