"""What people type to register: where they are, how to reach them, who they are, what we may do."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from consent.services import Choice
from entry.fields import (
    DatePartsField,
    EmailField,
    PartialDate,
    PartialDateField,
    PassportNumberField,
    PersonNameField,
    PhoneField,
    TextLineField,
)
from entry.presentation import Presentation
from entry.widgets import CheckboxChoices, DatePartsInput, RadioChoices
from geography.forms import AreaField, CountryField
from registry.models import Channel, StayKind
from registry.registration import (
    ContactEntry,
    PersonEntry,
    Registration,
    StayEntry,
    alert_purpose,
)

_LONGEST_STAY_YEARS = 20
_CONSENT = "consent_"

Typed = dict[str, list[str]]


def typed_into(form: forms.BaseForm) -> Typed:
    """Return what was sent for the fields of a bound form, just as it was sent, to be kept."""
    names = tuple(form.fields)
    parts = tuple(f"{name}_" for name in names)
    data = form.data
    assert isinstance(data, MultiValueDict)
    return {
        key: [str(value) for value in data.getlist(key)]
        for key in data
        if key in names or key.startswith(parts)
    }


def as_sent(typed: Typed) -> MultiValueDict[str, str]:
    """Return kept answers in the shape a form reads."""
    return MultiValueDict(typed)


def latest_end() -> datetime.date:
    """Return the last day a stay may be planned to."""
    today = timezone.localdate()
    return datetime.date(today.year + _LONGEST_STAY_YEARS, 12, 31)


def purposes_for(contacts: Sequence[ContactEntry]) -> list[str]:
    """Return the purposes that may be asked of somebody who can be reached in these ways."""
    return [*(alert_purpose(contact.channel) for contact in contacts), "service_news"]


class StayForm(forms.Form):
    """Where somebody is, as exactly as they choose, and until when."""

    country = CountryField(label=_("Country you are in"), leave_out_home=True)
    area = AreaField(
        label=_("Area"),
        required=False,
        empty_label=_("I do not want to say, or do not know"),
        help_text=_("With the area we can warn you about dangers near you."),
    )
    place = TextLineField(
        label=_("Town or address"),
        required=False,
        help_text=_("As exact as you like. You may leave this empty."),
    )
    kind = forms.ChoiceField(
        label=_("Why are you there?"),
        choices=StayKind.choices,
        widget=RadioChoices,
        error_messages={
            "required": _("Choose why you are there."),
            "invalid_choice": _("Choose one of the answers."),
        },
    )
    until = DatePartsField(
        label=_("Until when will you stay?"),
        required=False,
        earliest=timezone.localdate,
        latest=latest_end,
        help_text=_("Leave this empty if you do not know. For example: 27 3 2027."),
        error_messages={"too_early": _("This day is over. Write a day from today on.")},
    )

    presentation = {"kind": Presentation(label_size="m"), "country": Presentation(width=30)}

    def stay_entry(self) -> StayEntry:
        """Return the checked answers, typed."""
        cleaned = self.cleaned_data
        return StayEntry(
            kind=StayKind(cleaned["kind"]),
            country_code=cleaned["country"],
            area_code=cleaned["area"] or None,
            place=cleaned["place"],
            from_on=timezone.localdate(),
            until_on=cleaned["until"],
        )


class WhereForm(StayForm):
    """The first screen: where, until when, and how to reach them."""

    phone = PhoneField(
        label=_("Mobile phone"),
        required=False,
        country_field="country",
        help_text=_("We send a code to it. A number from another country starts with +."),
    )
    email = EmailField(label=_("E-mail address"), required=False)

    presentation = {
        **StayForm.presentation,
        "phone": Presentation(says_optional=False),
        "email": Presentation(says_optional=False),
    }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        tried = {"phone", "email"} & set(self.errors)
        if not tried and not cleaned.get("phone") and not cleaned.get("email"):
            self.add_error(
                "phone",
                ValidationError(
                    _("Enter a phone number or an e-mail address, so that we can reach you."),
                    code="no_contact",
                ),
            )
        return cleaned

    def contact_entries(self) -> tuple[ContactEntry, ...]:
        """Return one entry for each way of reaching the person."""
        given = (
            (Channel.SMS, self.cleaned_data["phone"]),
            (Channel.EMAIL, self.cleaned_data["email"]),
        )
        return tuple(ContactEntry(channel, value) for channel, value in given if value)


class PersonForm(forms.Form):
    """Who somebody is: names in any script, or any word they want to be called by."""

    given_names = PersonNameField(
        label=_("Given names"),
        required=False,
        help_text=_("Write your name in your own letters. We understand every script."),
    )
    family_names = PersonNameField(
        label=_("Family names"), required=False, help_text=_("Leave this empty if you have none.")
    )
    alias = PersonNameField(
        label=_("Or another name we may call you"),
        required=False,
        help_text=_("You need not give your real name. Any word you choose will do."),
    )
    birth = PartialDateField(
        label=_("When were you born?"),
        required=False,
        latest=timezone.localdate,
        widget=DatePartsInput(autocomplete="bday"),
        help_text=_("The year alone is enough."),
        error_messages={
            "too_late": _("A date of birth cannot be in the future."),
            "too_early": _("The year must be 1900 or later. Check it."),
        },
    )
    nationality = CountryField(label=_("Nationality"), required=False)
    passport_number = PassportNumberField(label=_("Passport number"), required=False)
    languages = forms.MultipleChoiceField(
        label=_("Which languages do you read?"),
        required=False,
        choices=settings.LANGUAGES,
        widget=CheckboxChoices,
        error_messages={"invalid_choice": _("Choose languages from the list.")},
    )

    presentation = {
        "given_names": Presentation(autocomplete="given-name", says_optional=False),
        "family_names": Presentation(autocomplete="family-name", says_optional=False),
        "alias": Presentation(autocomplete="off", says_optional=False),
        "nationality": Presentation(autocomplete="off"),
        "languages": Presentation(is_inline=True),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Most people who register here are citizens of the State that asks.
        self.fields["nationality"].initial = settings.HOME_STATE_CODE
        self.fields["languages"].initial = [get_language()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        names = ("given_names", "family_names", "alias")
        if not set(names) & set(self.errors) and not any(cleaned.get(name) for name in names):
            self.add_error(
                "given_names",
                ValidationError(
                    _("Enter a name, or any word we may call you."), code="nothing_to_call_by"
                ),
            )
        return cleaned

    def person_entry(self, language: str) -> PersonEntry:
        """Return the checked answers, typed, of somebody we write to in `language`."""
        cleaned = self.cleaned_data
        return PersonEntry(
            given_names=cleaned["given_names"],
            family_names=cleaned["family_names"],
            alias=cleaned["alias"],
            birth=birth_parts(cleaned["birth"]),
            nationality=cleaned["nationality"],
            passport_number=cleaned["passport_number"],
            other_languages=tuple(code for code in cleaned["languages"] if code != language),
        )


class WhoForm(PersonForm):
    """The second screen: who they are, and one unticked box for each thing we may do.

    `choices` are the purposes as consent.services.choices_for gives them.
    """

    def __init__(self, *args: Any, choices: Sequence[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = choices
        for choice in choices:
            self.fields[_CONSENT + choice.purpose.code] = forms.BooleanField(
                label=choice.notice.title, help_text=choice.notice.sentence, required=False
            )

    @property
    def consent_fields(self) -> list[BoundField]:
        """The boxes, in the order the purposes have."""
        return [self[_CONSENT + choice.purpose.code] for choice in self.choices]

    def consents(self) -> Mapping[str, bool]:
        """Return what was answered, by purpose; a box left empty is a no."""
        return {
            choice.purpose.code: self.cleaned_data[_CONSENT + choice.purpose.code]
            for choice in self.choices
        }


def registration_of(draft_id: UUID, language: str, where: WhereForm, who: WhoForm) -> Registration:
    """Return both screens, checked, as one registration."""
    return Registration(
        id=draft_id,
        language=language,
        stay=where.stay_entry(),
        contacts=where.contact_entries(),
        person=who.person_entry(language),
        consents=who.consents(),
    )


def birth_parts(birth: PartialDate | None) -> dict[str, int] | None:
    """Return a birth date as the register keeps it: {"year": …, "month": …, "day": …}."""
    if birth is None:
        return None
    parts = {"year": birth.year, "month": birth.month, "day": birth.day}
    return {name: value for name, value in parts.items() if value is not None}
