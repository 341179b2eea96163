"""No text whatever breaks a form of the portal: it is taken, or refused beside its field."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.services import choices_for
from notifications.forms.answers import AnswerForm
from registry.forms.portal import StayForm, WhereForm, WhoForm, as_sent, typed_into
from registry.forms.portal_keeping import (
    CodeForm,
    CompanionForm,
    ContactForm,
    EmergencyContactForm,
    MistypedContactForm,
)

pytestmark = pytest.mark.django_db

# Everything a request can carry, the broken characters included, and much that is nearly right.
ODD = st.text(st.characters(exclude_categories=()), max_size=30)
NEARLY = st.sampled_from(
    [
        "",
        "0",
        "29",
        "2",
        "1900",
        "2028",
        "LB",
        "LB-BA",
        "XM",
        "on",
        "child",
        "work",
        "en",
        "ar",
        "+961 3 123 456",
        "٠٣١٢٣٤٥٦",
        "00",
        "+",
        "@",
        "a@b.example",
        "a@b",
        "أمل",
        "A\u0301" * 14,
    ]
)
FORMS: list[tuple[type[forms.Form], dict[str, Any]]] = [
    (StayForm, {}),
    (WhereForm, {}),
    (CodeForm, {}),
    (ContactForm, {}),
    (MistypedContactForm, {"channel": 1}),
    (CompanionForm, {}),
    (EmergencyContactForm, {}),
    (AnswerForm, {}),
]


def names_of(form: forms.Form) -> list[str]:
    """Return the names of all inputs of a form, each box of a date by itself."""
    return [
        name
        for field in form.fields
        for name in (field, *(f"{field}_{part}" for part in ("day", "month", "year")))
    ]


def sent(data: st.DataObject, form: forms.Form) -> QueryDict:
    """Draw what a browser, or somebody who is none, may send for a form."""
    fields = data.draw(
        st.dictionaries(st.sampled_from(names_of(form)), st.lists(ODD | NEARLY, max_size=2))
    )
    query = QueryDict(mutable=True)
    for name, values in fields.items():
        query.setlist(name, values)
    return query


@pytest.mark.parametrize(("form_class", "options"), FORMS, ids=lambda given: str(given))
def test_any_text_is_taken_or_refused(
    form_class: type[forms.Form], options: dict[str, Any]
) -> None:
    @settings(max_examples=60)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        form = form_class(sent(data, form_class(**options)), **options)
        form.is_valid()
        assert all(message for messages in form.errors.values() for message in messages)
        assert str(form)

    check()


def test_any_text_on_the_second_screen_is_taken_or_refused() -> None:
    choices = choices_for("ar")

    @settings(max_examples=80)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        form = WhoForm(sent(data, WhoForm(choices=choices)), choices=choices)
        if form.is_valid():
            assert (
                form.person_entry("ar").given_names
                or form.cleaned_data["alias"]
                or (form.cleaned_data["family_names"])
            )
        assert str(form)

    check()


def test_kept_answers_read_back_as_they_were_sent() -> None:
    @settings(max_examples=80)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        form = WhereForm(sent(data, WhereForm()))
        again = WhereForm(as_sent(typed_into(form)))
        assert again.is_valid() == form.is_valid()
        assert again.errors == form.errors
        assert again.cleaned_data == form.cleaned_data

    check()
