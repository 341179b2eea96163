"""What a ministry author writes and an approver types, turned into entries."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from crises.forms import CountField
from crises.models import Crisis
from entry.fields import TextBlockField, TextLineField
from entry.presentation import Presentation
from notifications.models import Broadcast, BroadcastKind, Certainty, Severity, Urgency
from notifications.previewing import TextEntry, preview_text, typed_texts
from notifications.rendering import check_placeholders, text_direction, validate_subject
from notifications.services.broadcasting import BroadcastEntry

_SLOTS = frozenset({"link"})
_HOURS = (1, 3, 6, 12, 24, 48, 72, 168)
_USUAL_HOURS = 24
# Nothing is chosen by not choosing.
_TO_CHOOSE = ("", _("Choose"))
_PARTS = ("subject", "email", "sms")


def _hour_choices() -> list[tuple[int, str]]:
    return [
        (hours, ngettext("%(hours)d hour", "%(hours)d hours", hours) % {"hours": hours})
        for hours in _HOURS
    ]


@dataclass(frozen=True)
class LanguageColumn:
    """The three fields of one language, for a page that shows languages beside each other."""

    code: str
    name: str
    direction: str
    fields: tuple[BoundField, ...]


class BroadcastForm(forms.Form):
    """All languages of a broadcast at once, with severity, urgency, certainty and an end.

    `kind` decides what is asked: an alert or update also for the number of people expected;
    a cancel or all-clear goes to those who were reached, whoever they are.
    """

    severity = forms.ChoiceField(
        label=_("How bad is it?"),
        choices=[_TO_CHOOSE, *Severity.choices],
        error_messages={"required": _("Choose how bad it is.")},
    )
    urgency = forms.ChoiceField(
        label=_("How soon must people act?"),
        choices=[_TO_CHOOSE, *Urgency.choices],
        error_messages={"required": _("Choose how soon people must act.")},
    )
    certainty = forms.ChoiceField(
        label=_("How sure is it?"),
        choices=[_TO_CHOOSE, *Certainty.choices],
        error_messages={"required": _("Choose how sure it is.")},
    )
    valid_hours = forms.TypedChoiceField(
        label=_("How long is it valid?"),
        coerce=int,
        choices=_hour_choices,
        initial=_USUAL_HOURS,
        help_text=_("After that nobody is sent the message any more. Counted from when you save."),
    )
    expected_count = CountField(
        label=_("How many people do you expect to reach?"),
        help_text=_(
            "Your own rough guess. If many more would get the message, we stop and ask you to "
            "check the places."
        ),
        error_messages={"required": _("Type a rough number.")},
    )
    fallback_language = forms.ChoiceField(
        label=_("Which language does everybody else get?"),
        help_text=_(
            "People get the first of their own languages that you write here. Those who have "
            "none of them get this one."
        ),
        error_messages={"required": _("Choose the language everybody else gets.")},
    )

    presentation = {"expected_count": Presentation(width=10)}

    def __init__(self, *args: Any, crisis: Crisis, kind: BroadcastKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.crisis = crisis
        self.kind = kind
        if kind in (BroadcastKind.CANCEL, BroadcastKind.ALL_CLEAR):
            del self.fields["expected_count"]
        fallback = self.fields["fallback_language"]
        assert isinstance(fallback, forms.ChoiceField)
        fallback.choices = [("", _("Choose a language")), *settings.LANGUAGES]
        for code, name in settings.LANGUAGES:
            self._add_language(code, str(name))

    def _add_language(self, code: str, name: str) -> None:
        # The words are in that language, whatever language the page is in.
        attributes = {"lang": code, "dir": text_direction(code)}
        self.fields[f"subject_{code}"] = TextLineField(
            label=gettext("E-mail subject (%(language)s)") % {"language": name},
            required=False,
            longest=120,
            widget=forms.TextInput(attrs=attributes),
        )
        self.fields[f"sms_{code}"] = TextBlockField(
            label=gettext("SMS text (%(language)s)") % {"language": name},
            required=False,
            longest=600,
            widget=forms.Textarea(attrs={**attributes, "rows": 4}),
        )
        self.fields[f"email_{code}"] = TextBlockField(
            label=gettext("E-mail text (%(language)s)") % {"language": name},
            required=False,
            longest=5000,
            widget=forms.Textarea(attrs={**attributes, "rows": 8}),
        )
        quiet = Presentation(says_optional=False)
        self.presentation = {
            **self.presentation,
            **{f"{part}_{code}": quiet for part in _PARTS},
        }

    @classmethod
    def initial_of(cls, broadcast: Broadcast) -> dict[str, Any]:
        """Return the initial values for changing a draft."""
        return {
            "severity": broadcast.severity,
            "urgency": broadcast.urgency,
            "certainty": broadcast.certainty,
            "valid_hours": _nearest_hours(broadcast.expires_at - timezone.now()),
            "expected_count": broadcast.expected_count,
            "fallback_language": broadcast.fallback_language,
            **cls.initial_texts(typed_texts(broadcast)),
        }

    @staticmethod
    def initial_texts(texts: dict[str, TextEntry]) -> dict[str, str]:
        """Return the initial values of texts."""
        initial = {}
        for code, text in texts.items():
            initial[f"subject_{code}"] = text.subject
            initial[f"email_{code}"] = text.email_body
            initial[f"sms_{code}"] = text.sms_body
        return initial

    @property
    def header_fields(self) -> list[BoundField]:
        """The fields that are not the words of a language."""
        words = {f"{part}_{code}" for part in _PARTS for code, _name in settings.LANGUAGES}
        return [self[name] for name in self.fields if name not in words]

    @property
    def columns(self) -> Iterator[LanguageColumn]:
        """The languages, in the order of the site's."""
        for code, name in settings.LANGUAGES:
            fields = tuple(self[f"{part}_{code}"] for part in ("subject", "sms", "email"))
            yield LanguageColumn(code, str(name), text_direction(code), fields)

    def texts(self) -> dict[str, TextEntry]:
        """Return the languages in which anything was typed, as far as it could be read."""
        cleaned = getattr(self, "cleaned_data", {})
        entries = {
            code: TextEntry(
                cleaned.get(f"subject_{code}", ""),
                cleaned.get(f"email_{code}", ""),
                cleaned.get(f"sms_{code}", ""),
            )
            for code, _name in settings.LANGUAGES
        }
        return {code: entry for code, entry in entries.items() if not entry.is_empty}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        texts = self.texts()
        for code, name in settings.LANGUAGES:
            if code in texts:
                self._check_language(code, str(name), texts[code])
        first = settings.LANGUAGES[0][0]
        if not texts and not any(name in self.errors for name in self._word_fields()):
            self.add_error(f"sms_{first}", _("Write the text in at least one language."))
        fallback = cleaned.get("fallback_language")
        if texts and fallback and fallback not in texts:
            self.add_error(
                "fallback_language",
                _("There is no text in this language. Write one, or choose another language."),
            )
        return cleaned

    def _word_fields(self) -> list[str]:
        return [f"{part}_{code}" for part in _PARTS for code, _name in settings.LANGUAGES]

    def _check_language(self, code: str, name: str, entry: TextEntry) -> None:
        missing = {
            "subject": _("Write the subject too, or leave all of %(language)s empty."),
            "email": _("Write the e-mail text too, or leave all of %(language)s empty."),
            "sms": _("Write the SMS text too, or leave all of %(language)s empty."),
        }
        for part in _PARTS:
            field = f"{part}_{code}"
            text = self.cleaned_data.get(field)
            if field in self.errors or text is None:
                continue
            if not text:
                self.add_error(field, missing[part] % {"language": name})
                continue
            try:
                if part == "subject":
                    validate_subject(text)
                else:
                    check_placeholders(text, _SLOTS)
            except ValidationError as error:
                self.add_error(field, error)
        if f"sms_{code}" not in self.errors:
            self._check_length(code, entry)

    def _check_length(self, code: str, entry: TextEntry) -> None:
        try:
            shown = preview_text(self.crisis, self.kind, code, entry)
        except ValidationError:
            return  # said beside the field that has the stray brace
        if shown.is_too_long:
            self.add_error(
                f"sms_{code}",
                _(
                    "This makes %(parts)d SMS parts, with the lines we add. It may make "
                    "%(most)d. Make it shorter."
                )
                % {"parts": shown.parts, "most": shown.most_parts},
            )

    def entry(self, refers_to: Broadcast | None) -> BroadcastEntry:
        """Return what was decided; for a valid form."""
        cleaned = self.cleaned_data
        return BroadcastEntry(
            kind=self.kind,
            severity=cleaned["severity"],
            urgency=cleaned["urgency"],
            certainty=cleaned["certainty"],
            expires_at=timezone.now() + datetime.timedelta(hours=cleaned["valid_hours"]),
            fallback_language=cleaned["fallback_language"],
            texts=self.texts(),
            refers_to=refers_to,
            expected_count=cleaned.get("expected_count"),
        )


def _nearest_hours(left: datetime.timedelta) -> int:
    hours = left.total_seconds() / 3600
    return min(_HOURS, key=lambda offered: abs(offered - hours))


class SubmitForm(forms.Form):
    """Hands a draft to an approver. Asks once more when a text names no affected place."""

    without_place = forms.BooleanField(
        label=_("Send it without the name of the place"),
        help_text=_("People who get it will not know where the danger is."),
        error_messages={
            "required": _("Write the name of the place into every text, or tick this box.")
        },
    )

    def __init__(self, *args: Any, needs_place: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not needs_place:
            del self.fields["without_place"]


class ApprovalForm(forms.Form):
    """The number of people, typed by the second person."""

    typed_count = CountField(
        label=_("Type the number of people this goes to"),
        error_messages={"required": _("Type the number of people shown above.")},
    )

    presentation = {"typed_count": Presentation(label_size="m", autocomplete="off")}


class ReturnForm(forms.Form):
    """Why a broadcast goes back to its author."""

    note = TextBlockField(
        label=_("What has to change?"),
        longest=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say what has to change.")},
    )
