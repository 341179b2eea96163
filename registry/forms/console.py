"""The forms of the posts' console."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from encryption.identifiers import new_id
from entry.dates import DatePartsField
from entry.presentation import Presentation
from entry.text import TextBlockField, TextLineField
from entry.widgets import RadioChoices
from geography.forms import AreaField
from registry.looking import Place
from registry.models import CallOutcome, LookReason
from registry.recognising import recognise
from registry.rows import STAY_WORDS


class SearchField(TextLineField):
    """Anything by which somebody may be found."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _(
            "Enter a name, a phone number, an e-mail address, a passport number or the code of a "
            "receipt."
        ),
        "nothing": _(
            "This is too little to search for. Enter at least two letters of a name, the last "
            "seven numbers of a phone, or a whole e-mail address or passport number."
        ),
    }

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        if text and recognise(text, ()).is_nothing:
            raise self.refusal("nothing")
        return text


class SearchForm(forms.Form):
    """One box for everything."""

    query = SearchField(
        label=_("Name, phone number, e-mail address, passport number or receipt"),
        help_text=_(
            "Any spelling will do. Of a phone number the last seven numbers are enough. "
            "After a name you can add the year of birth, the town or the postcode."
        ),
        widget=forms.TextInput({"type": "search"}),
    )

    country = forms.ChoiceField(label=_("Country"), required=False)
    area = AreaField(required=False, empty_label=_("All areas"))
    kind = forms.ChoiceField(
        label=_("Why they are there"),
        required=False,
        choices=[("", _("Any reason")), *STAY_WORDS.items()],
    )
    language = forms.ChoiceField(
        label=_("Language they speak"),
        required=False,
        choices=[("", _("Any language")), *settings.LANGUAGES],
    )

    presentation: ClassVar[dict[str, Presentation]] = {
        "query": Presentation(autocomplete="off", spell_check=False, capitals="none"),
        "country": Presentation(says_optional=False, autocomplete="off"),
        "area": Presentation(says_optional=False),
        "kind": Presentation(says_optional=False, autocomplete="off"),
        "language": Presentation(says_optional=False, autocomplete="off"),
    }

    def __init__(
        self,
        *args: Any,
        countries: Sequence[tuple[str, str]],
        takes_focus: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", str(_("All countries"))), *countries]
        self.fields["country"].choices = choices  # type: ignore[attr-defined]
        if takes_focus:
            self.fields["query"].widget.attrs["autofocus"] = True

    @property
    def place(self) -> Place:
        """What narrows the search, once the form is valid."""
        chosen = self.cleaned_data
        return Place(chosen["country"], chosen["area"], chosen["kind"], chosen["language"])

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the words narrows the search, or is wrong."""
        return any(
            self[name].value() or self[name].errors for name in self.fields if name != "query"
        )


class DistrictForm(forms.Form):
    """What narrows the list of a district. Sent as a link, so it holds codes only."""

    country = forms.ChoiceField(label=_("Country"), required=False)
    area = AreaField(required=False, empty_label=_("All areas"))
    kind = forms.ChoiceField(
        label=_("Why they are there"),
        required=False,
        choices=[("", _("Any reason")), *STAY_WORDS.items()],
    )
    after = forms.UUIDField(required=False, widget=forms.HiddenInput)

    presentation: ClassVar[dict[str, Presentation]] = {
        "country": Presentation(says_optional=False, autocomplete="off"),
        "area": Presentation(says_optional=False),
        "kind": Presentation(says_optional=False, autocomplete="off"),
    }

    def __init__(self, *args: Any, countries: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = list(countries)
        if len(choices) != 1:
            choices = [("", str(_("All countries"))), *choices]
        self.fields["country"].choices = choices  # type: ignore[attr-defined]

    @property
    def place(self) -> Place:
        """What was chosen, once the form is valid."""
        chosen = self.cleaned_data
        return Place(chosen["country"], chosen["area"], chosen["kind"])


class ReasonForm(forms.Form):
    """Why a record is opened."""

    reason = forms.ChoiceField(
        label=_("Why do you open this record?"),
        choices=LookReason.choices,
        widget=RadioChoices,
        error_messages={"required": _("Choose why you open this record.")},
    )

    presentation: ClassVar[dict[str, Presentation]] = {"reason": Presentation(label_size="m")}


class CallForm(forms.Form):
    """How a call ended. `entry` makes the same form sent twice one call."""

    entry = forms.UUIDField(widget=forms.HiddenInput, initial=new_id)
    outcome = forms.ChoiceField(
        label=_("How did the call end?"),
        choices=CallOutcome.choices,
        widget=RadioChoices,
        error_messages={"required": _("Choose how the call ended.")},
    )
    note = TextBlockField(
        label=_("What colleagues should know"),
        required=False,
        longest=500,
        help_text=_("Kept sealed, read by your post only. The person may ask to see it."),
        widget=forms.Textarea({"rows": 4}),
    )

    presentation: ClassVar[dict[str, Presentation]] = {
        "outcome": Presentation(label_size="m"),
        "note": Presentation(count_to=500),
    }


class LooksForm(forms.Form):
    """Whose looks, and of which day."""

    staff = forms.TypedChoiceField(
        label=_("Member of staff"), required=False, coerce=UUID, empty_value=None
    )
    day = DatePartsField(label=_("On this day"), required=False, latest=timezone.localdate)
    before = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    presentation: ClassVar[dict[str, Presentation]] = {
        "staff": Presentation(says_optional=False, autocomplete="off"),
        "day": Presentation(says_optional=False),
    }

    def __init__(self, *args: Any, colleagues: Sequence[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everybody = ("", str(_("Everybody")))
        self.fields["staff"].choices = [  # type: ignore[attr-defined]
            everybody,
            *((str(staff_id), name) for staff_id, name in colleagues),
        ]
