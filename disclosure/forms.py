"""Forms of lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.access import post_ids_of
from accounts.models import StaffUser
from crises.models import Crisis
from disclosure.models import ListPurpose, Recipient
from entry.presentation import Presentation
from entry.widgets import RadioChoices
from geography.models import Post

if TYPE_CHECKING:
    _Choice = forms.ModelChoiceField[Post]
else:
    # Generic for the type checker only.
    _Choice = forms.ModelChoiceField


class _PostField(_Choice):
    """A post by its name in the page's language."""

    def label_from_instance(self, obj: Any) -> str:
        name: str = obj.name_in()
        return name


class AskForm(forms.Form):
    """Which crisis, whose people, for whom, what for and how long."""

    crisis = forms.ModelChoiceField(label=_("Crisis"), queryset=Crisis.objects.none())
    post = _PostField(label=_("People of which post"), queryset=Post.objects.none())
    recipient = forms.ModelChoiceField(
        label=_("Who gets the list"), queryset=Recipient.objects.none()
    )
    purpose = forms.ChoiceField(
        label=_("What is it for?"),
        choices=ListPurpose.choices,
        widget=RadioChoices,
        error_messages={"required": _("Choose what it is for.")},
    )
    hours = forms.TypedChoiceField(
        label=_("How long may it be used?"),
        coerce=int,
        choices=[("24", _("One day")), ("48", _("Two days")), ("72", _("Three days"))],
    )

    presentation: ClassVar[dict[str, Presentation]] = {"purpose": Presentation(label_size="m")}

    def __init__(self, *args: Any, user: StaffUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = {
            "crisis": Crisis.objects.is_open().filter(is_exercise=False),
            "post": Post.objects.filter(pk__in=post_ids_of(user)),
            "recipient": Recipient.objects.filter(ended_at__isnull=True).order_by("name"),
        }
        for name, queryset in chosen.items():
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = queryset


class DecideForm(forms.Form):
    """The number of people, typed again."""

    count = forms.IntegerField(
        label=_("Type how many people are on the list"),
        min_value=1,
        error_messages={"required": _("Type how many people are on the list.")},
    )

    presentation: ClassVar[dict[str, Presentation]] = {"count": Presentation(width=5)}
