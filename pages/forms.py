"""The form of the page that checks a message."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from entry.presentation import Presentation
from entry.text import TextLineField
from notifications.codes import read_code


class MessageCodeField(TextLineField):
    """A code as messages show it, in any usual spelling; cleans to its eight signs."""

    presentation = Presentation(width=10, direction="ltr", spell_check=False, capitals="characters")
    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _("Enter the code in the message."),
        "not_a_code": _("A code has eight letters and numbers, such as 7K3M-9QRT."),
    }

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        if not text:
            return text
        code = read_code(text)
        if code is None:
            raise self.refusal("not_a_code")
        return code


class CodeForm(forms.Form):
    """The code of one message."""

    code = MessageCodeField(label=_("Code in the message"), help_text=_("Such as 7K3M-9QRT."))
