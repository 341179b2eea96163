"""What people type about a registration that is there: codes, contacts, family, corrections."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from entry.fields import (
    CodeField,
    EmailField,
    PartialDate,
    PartialDateField,
    PersonNameField,
    PhoneField,
)
from entry.presentation import Presentation
from entry.text import TextLineField
from registry.forms.portal import PersonForm
from registry.models import Channel, Registrant, Relation
from registry.registration import ContactEntry, PersonEntry
from registry.unreadable import Unreadable

CODE_DIGITS = 10
WRONG_CODE = _(
    "This code does not work. It may be mistyped, used already or too old. "
    "Check it, or ask for a new one."
)

TOO_MANY_TRIES = _("There were many tries in a short time. Wait an hour and try again.")


class ContactField(TextLineField):
    """A phone number with its country code, or an e-mail address; cleans to a ContactEntry."""

    widget = forms.TextInput
    longest = 254
    presentation = Presentation(direction="ltr", width=30, spell_check=False, capitals="none")
    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _("Enter a phone number or an e-mail address."),
    }

    def to_python(self, value: Any) -> Any:
        typed = super().to_python(value)
        if not typed:
            return ""
        if "@" in typed or "\uff20" in typed:
            return ContactEntry(Channel.EMAIL, EmailField().clean(value))
        return ContactEntry(Channel.SMS, PhoneField().clean(value))


class ContactForm(forms.Form):
    """One way of reaching somebody."""

    contact = ContactField(
        label=_("Phone number or e-mail address"),
        help_text=_("Start a phone number with + and the country code, like +961 3 123 456."),
    )

    presentation = {"contact": Presentation(autocomplete="off")}

    def contact_entry(self) -> ContactEntry:
        """Return the checked contact."""
        entry: ContactEntry = self.cleaned_data["contact"]
        return entry


class MistypedContactForm(ContactForm):
    """The right number or address in place of a mistyped one of the same kind."""

    def __init__(self, *args: Any, channel: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channel = Channel(channel)
        if self.channel == Channel.EMAIL:
            self.fields["contact"].label = _("E-mail address")
            self.fields["contact"].help_text = ""
        else:
            self.fields["contact"].label = _("Mobile phone")

    def clean_contact(self) -> ContactEntry:
        """Refuse the other kind: nobody was asked what we may send there."""
        entry = self.contact_entry()
        if entry.channel != self.channel:
            raise ValidationError(
                _("Enter an e-mail address.")
                if self.channel == Channel.EMAIL
                else _("Enter a phone number."),
                code="other_kind",
            )
        return entry


class CodeForm(forms.Form):
    """The ten digits of a message."""

    code = CodeField(
        label=_("Code from the message"),
        digits=CODE_DIGITS,
        help_text=_("Ten numbers, like 123 456 7890."),
    )

    presentation = {"code": Presentation(width=20)}

    def refuse(self) -> None:
        """Say that the code was wrong, in the same words whatever was wrong with it."""
        self.add_error("code", ValidationError(WRONG_CODE, code="wrong_code"))


class ProofForm(forms.Form):
    """Which of the confirmed contacts a code is to be sent to."""

    contact = forms.ChoiceField(
        label=_("Where should we send the code?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose where we should send the code."),
            "invalid_choice": _("Choose one of your contacts."),
        },
    )

    def __init__(self, *args: Any, contacts: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["contact"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = contacts
        field.initial = contacts[0][0] if contacts else None


class CompanionForm(forms.Form):
    """Somebody who is with the person."""

    name = PersonNameField(label=_("Name"))
    relation = forms.ChoiceField(
        label=_("Who is this to you?"),
        choices=[("", _("Choose")), *Relation.choices],
        error_messages={
            "required": _("Choose who this is to you."),
            "invalid_choice": _("Choose one of the answers."),
        },
    )
    birth = PartialDateField(
        label=_("When were they born?"),
        required=False,
        latest=timezone.localdate,
        help_text=_("The year alone is enough."),
        error_messages={
            "too_late": _("A date of birth cannot be in the future."),
            "too_early": _("The year must be 1900 or later. Check it."),
        },
    )


class EmergencyContactForm(forms.Form):
    """Somebody the person wants told when something happens to them."""

    name = PersonNameField(label=_("Name"))
    relation = forms.ChoiceField(
        label=_("Who is this to you?"),
        choices=[("", _("Choose")), *Relation.choices],
        error_messages={
            "required": _("Choose who this is to you."),
            "invalid_choice": _("Choose one of the answers."),
        },
    )
    contact = ContactField(
        label=_("Their phone number or e-mail address"),
        help_text=_("Start a phone number with + and the country code, like +961 3 123 456."),
    )

    presentation = {"contact": Presentation(autocomplete="off")}

    def contact_entry(self) -> ContactEntry:
        """Return the checked contact."""
        entry: ContactEntry = self.cleaned_data["contact"]
        return entry


class CorrectionForm(PersonForm):
    """What is known of a person, to be corrected. The passport number is never shown again."""

    drop_passport = forms.BooleanField(label=_("Remove my passport number"), required=False)
    language = forms.ChoiceField(
        label=_("In which language should we write to you?"),
        choices=settings.LANGUAGES,
        error_messages={"required": _("Choose a language.")},
    )

    field_order = (
        "given_names",
        "family_names",
        "alias",
        "birth",
        "nationality",
        "passport_number",
        "drop_passport",
        "language",
        "languages",
    )

    def __init__(self, *args: Any, person: Registrant, **kwargs: Any) -> None:
        super().__init__(*args, initial=_as_initial(person), **kwargs)
        self.person = person
        passport, drop = self.fields["passport_number"], self.fields["drop_passport"]
        if person.passport_token is None:
            del self.fields["drop_passport"]
        else:
            passport.help_text = _(
                "We have a number. For your safety it is not shown here. "
                "Leave this empty to keep it, or type a new one."
            )
            drop.help_text = _("Tick this if we should no longer have it.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("drop_passport") and cleaned.get("passport_number"):
            self.add_error(
                "passport_number",
                ValidationError(
                    _("Type a new number, or tick that we should remove it, not both."),
                    code="keep_or_drop",
                ),
            )
        return cleaned

    def corrected(self) -> PersonEntry:
        """Return the person as corrected; an empty passport number means the one that is there."""
        entry = self.person_entry(self.cleaned_data["language"])
        if entry.passport_number or self.cleaned_data.get("drop_passport"):
            return entry
        return replace(entry, passport_number=self.person.passport_number)


def _as_initial(person: Registrant) -> dict[str, Any]:
    birth = person.birth
    if isinstance(birth, Unreadable):
        birth = None
    known = {
        "given_names": person.given_names,
        "family_names": person.family_names,
        "alias": person.alias,
        "birth": PartialDate(birth["year"], birth.get("month"), birth.get("day"))
        if birth
        else None,
        "nationality": person.nationality,
        "language": person.language,
        "languages": [person.language, *person.other_languages],
    }
    # Words that say a value cannot be read are no value to begin a correction with.
    return {name: "" if isinstance(v, Unreadable) else v for name, v in known.items()}
