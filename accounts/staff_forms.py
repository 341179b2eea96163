"""Forms of the administrators' pages."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, ShuttingReason
from entry.addresses import EmailField
from entry.presentation import Presentation
from entry.text import TextLineField
from entry.widgets import RadioChoices
from geography.models import Post


class InviteForm(forms.Form):
    """Who is invited."""

    name = TextLineField(
        label=_("Name"),
        help_text=_("As colleagues and registered people will see it."),
        longest=200,
        error_messages={"required": _("Enter the colleague’s name.")},
    )
    email = EmailField(label=_("Work e-mail address"))


class RoleForm(forms.Form):
    """A role for a colleague, for a post where it needs one."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=Role.choices,
        widget=RadioChoices,
        error_messages={"required": _("Choose a role.")},
    )
    post = forms.ModelChoiceField(
        label=_("Post"),
        help_text=_("Only for a consular officer."),
        queryset=Post.objects.open(),
        to_field_name="code",
        required=False,
        empty_label=_("Choose a post"),
    )
    months = forms.IntegerField(
        label=_("For how many months?"),
        help_text=_("Leave it empty for a year."),
        min_value=1,
        max_value=36,
        required=False,
        error_messages={
            "invalid": _("Enter a number from 1 to 36."),
            "min_value": _("Enter a number from 1 to 36."),
            "max_value": _("Enter a number from 1 to 36."),
        },
    )

    presentation: ClassVar[dict[str, Presentation]] = {
        "role": Presentation(label_size="s"),
        "post": Presentation(says_optional=False),
        "months": Presentation(width=3, says_optional=False),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["post"].label_from_instance = Post.name_in  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        is_officer = cleaned.get("role") == Role.OFFICER
        if is_officer and not cleaned.get("post") and "post" not in self.errors:
            self.add_error("post", ValidationError(_("Choose the officer’s post.")))
        if not is_officer:
            cleaned["post"] = None
        return cleaned

    @property
    def ends_at(self) -> datetime.datetime:
        """When the mandate would be over."""
        months = self.cleaned_data.get("months") or 12
        return timezone.now() + datetime.timedelta(days=round(months * 30.44))


class ShutForm(forms.Form):
    """Why a post's access is taken away."""

    reason = forms.ChoiceField(
        label=_("What happened?"),
        choices=ShuttingReason.choices,
        widget=RadioChoices,
        error_messages={"required": _("Choose what happened.")},
    )

    presentation: ClassVar[dict[str, Presentation]] = {"reason": Presentation(label_size="m")}
