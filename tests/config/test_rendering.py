"""Forms as HTML: labels, hints, errors and controls that belong together."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any, ClassVar

import pytest
from django import forms
from django.template import engines
from django.utils import translation

from entry.fields import (
    CodeField,
    DatePartsField,
    EmailField,
    PersonNameField,
    PhoneField,
    TextBlockField,
)
from entry.presentation import Presentation
from entry.widgets import CheckboxChoices, DatePartsInput, RadioChoices

VOID = {"input", "br", "hr", "img", "meta", "link", "path", "circle"}


class EveryShapeForm(forms.Form):
    """One field of every shape that the renderer knows."""

    name = PersonNameField(label="Name", help_text="As in your passport.")
    phone = PhoneField(label="Phone", help_text="With its country code.")
    email = EmailField(label="E-mail")
    code = CodeField(label="Code")
    note = TextBlockField(label="Note", longest=5)
    country = forms.ChoiceField(label="Country", choices=[("", "–"), ("LB", "Lebanon")])
    kind = forms.ChoiceField(
        label="Kind",
        help_text="Choose one.",
        choices=[("a", "Alert"), ("u", "Update")],
        widget=RadioChoices(hints={"a": "Danger now."}),
    )
    languages = forms.MultipleChoiceField(
        label="Languages",
        choices=[("en", "English"), ("ar", "Arabic")],
        widget=CheckboxChoices(hints=lambda code: f"{code}!"),
    )
    born = DatePartsField(
        label="Born", help_text="For example.", widget=DatePartsInput(autocomplete="bday")
    )
    agreed = forms.BooleanField(label="I agree", help_text="To this sentence.")
    page = forms.CharField(widget=forms.HiddenInput, required=False)

    presentation: ClassVar[dict[str, Presentation]] = {
        "note": Presentation(count_to=5),
        "kind": Presentation(is_inline=True, label_size="m"),
        "name": Presentation(autocomplete="name"),
    }


class Elements(HTMLParser):
    """Start tags with their attributes, and whether every tag was closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _value in attrs]
        assert len(names) == len(set(names)), f"an attribute stands twice: {tag} {names}"
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def with_id(self, id_: str) -> dict[str, str | None]:
        (attributes,) = [found for _tag, found in self.found if found.get("id") == id_]
        return attributes

    @property
    def ids(self) -> list[str]:
        return [found["id"] or "" for _tag, found in self.found if "id" in found]


def summary(form: forms.Form) -> str:
    template = engines["django"].from_string('{% include "components/error_summary.html" %}')
    return template.render({"form": form})


def bound(**typed: Any) -> EveryShapeForm:
    wrong = {"born_day": "31", "born_month": "2", "born_year": "1986", "note": "too long"}
    return EveryShapeForm({**wrong, **typed})


@pytest.fixture(params=[EveryShapeForm(), bound()], ids=["fresh", "wrong"])
def elements(request: pytest.FixtureRequest) -> Elements:
    return Elements(str(request.param))


def test_every_control_has_its_label(elements: Elements) -> None:
    labelled = {found["for"] for tag, found in elements.found if tag == "label"}
    controls = {
        found["id"]
        for tag, found in elements.found
        if tag in {"input", "select", "textarea"} and found.get("type") != "hidden"
    }
    assert controls == labelled


def test_ids_stand_once_and_whatever_describes_a_control_is_there(elements: Elements) -> None:
    assert len(elements.ids) == len(set(elements.ids))
    assert not elements.open
    described = [found["aria-describedby"] for _tag, found in elements.found
                 if found.get("aria-describedby")]  # fmt: skip
    assert described
    for ids in described:
        assert set((ids or "").split()) <= set(elements.ids)


def test_nothing_is_left_to_the_browsers_own_bubbles(elements: Elements) -> None:
    for _tag, found in elements.found:
        assert not {"required", "maxlength", "style", "wrong_parts"} & set(found)
        assert not [name for name in found if name.startswith("on")]


def test_an_error_stands_beside_its_control_and_the_control_says_it_is_wrong() -> None:
    shown = Elements(str(bound(name="")["name"].as_field_group()))
    control = shown.with_id("id_name")
    assert control["aria-invalid"] == "true"
    assert control["aria-describedby"] == "id_name_helptext id_name_error"
    assert "govuk-input--error" in (control["class"] or "")


def test_every_line_of_the_summary_leads_to_a_control() -> None:
    form = bound()
    targets = [found["href"] for tag, found in Elements(summary(form)).found if tag == "a"]
    shown = Elements(str(form))
    assert len(targets) == len(form.errors)
    for target in targets:
        assert shown.with_id((target or "").removeprefix("#"))


def test_the_summary_leads_to_the_box_of_the_date_that_is_wrong() -> None:
    form = bound(born_day="3", born_month="13")
    assert 'href="#id_born_month"' in summary(form)
    shown = Elements(str(form["born"]))
    assert shown.with_id("id_born_month")["aria-invalid"] == "true"
    assert "aria-invalid" not in shown.with_id("id_born_day")


def test_a_date_of_which_nothing_was_typed_marks_all_its_boxes() -> None:
    form = bound(born_day="", born_month="", born_year="")
    shown = Elements(str(form["born"]))
    assert all(
        shown.with_id(f"id_born_{part}")["aria-invalid"] for part in ("day", "month", "year")
    )
    assert 'href="#id_born_day"' in summary(form)


def test_a_right_form_has_no_summary() -> None:
    assert summary(EveryShapeForm()).strip() == ""


def test_an_error_of_the_whole_form_is_in_the_summary() -> None:
    form = bound()
    form.add_error(None, "Give a phone number or an e-mail address.")
    assert "<li>Give a phone number or an e-mail address.</li>" in summary(form)


def test_what_was_typed_is_shown_again_and_never_as_markup() -> None:
    form = bound(name='"><script>alert(1)</script>', phone="03<b>", note="</textarea><i>")
    assert "<script>" not in str(form)
    assert "&quot;&gt;&lt;script&gt;alert(1)" in str(form)
    assert "&lt;/textarea&gt;&lt;i&gt;" in str(form)
    assert 'value="03&lt;b&gt;"' in str(form)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("name", {"dir": "auto", "autocomplete": "name", "spellcheck": "false"}),
        ("phone", {"dir": "ltr", "inputmode": "tel", "autocomplete": "tel", "type": "tel"}),
        ("email", {"dir": "ltr", "inputmode": "email", "autocapitalize": "none"}),
        ("code", {"dir": "ltr", "inputmode": "numeric", "autocomplete": "one-time-code"}),
        ("note", {"dir": "auto"}),
    ],
)
def test_each_field_brings_its_direction_keyboard_and_autofill(
    field: str, expected: dict[str, str]
) -> None:
    control = Elements(str(EveryShapeForm()[field])).with_id(f"id_{field}")
    assert expected.items() <= control.items()


def test_the_form_overrules_the_field_and_the_widget_overrules_both() -> None:
    class OwnWayForm(forms.Form):
        plain = PhoneField()
        by_form = PhoneField()
        by_widget = PhoneField(widget=forms.TelInput(attrs={"autocomplete": "off", "class": "x"}))

        presentation: ClassVar[dict[str, Presentation]] = {
            "by_form": Presentation(autocomplete="tel-national"),
            "by_widget": Presentation(autocomplete="tel-national"),
        }

    shown = Elements(str(OwnWayForm()))
    assert shown.with_id("id_plain")["autocomplete"] == "tel"
    assert shown.with_id("id_by_form")["autocomplete"] == "tel-national"
    assert shown.with_id("id_by_form")["inputmode"] == "tel"
    assert shown.with_id("id_by_widget")["autocomplete"] == "off"
    assert shown.with_id("id_by_widget")["class"] == "govuk-input govuk-input--width-20 x"


def test_hints_of_choices_are_read_with_their_choice() -> None:
    shown = str(EveryShapeForm()["kind"])
    control = Elements(shown).with_id("id_kind_0")
    assert control["aria-describedby"] == "id_kind_0_hint"
    assert "Danger now." in shown
    assert "aria-describedby" not in Elements(shown).with_id("id_kind_1")
    assert "ar!" in str(EveryShapeForm()["languages"])


def test_only_fields_that_may_stay_empty_say_so() -> None:
    class HalfForm(forms.Form):
        needed = PersonNameField()
        free = PersonNameField(required=False)
        quiet = PersonNameField(required=False)
        agreed = forms.BooleanField(required=False)

        presentation: ClassVar[dict[str, Presentation]] = {
            "quiet": Presentation(says_optional=False)
        }

    shown = {field.name: field.as_field_group() for field in HalfForm()}
    assert [name for name, html in shown.items() if "(optional)" in html] == ["free"]


def test_a_heading_label_is_the_pages_h1() -> None:
    class OneQuestionForm(forms.Form):
        name = PersonNameField()
        kind = forms.ChoiceField(choices=[("a", "A")], widget=RadioChoices)

        presentation: ClassVar[dict[str, Presentation]] = {
            "name": Presentation(is_heading=True),
            "kind": Presentation(is_heading=True),
        }

    form = OneQuestionForm()
    assert '<h1 class="govuk-label-wrapper">' in form["name"].as_field_group()
    assert '<h1 class="govuk-fieldset__heading">' in form["kind"].as_field_group()


def test_the_counter_has_a_sentence_without_javascript_and_belongs_to_the_box() -> None:
    shown = EveryShapeForm()["note"].as_field_group()
    assert "Characters at most: 5" in shown
    assert Elements(shown).with_id("id_note")["aria-describedby"] == "id_note-info"


def test_hidden_fields_are_bare() -> None:
    assert str(EveryShapeForm()["page"]) == '<input type="hidden" name="page" id="id_page">'


def test_a_form_with_a_prefix_keeps_its_ids_apart() -> None:
    both = str(EveryShapeForm(prefix="one")) + str(EveryShapeForm(prefix="two"))
    ids = Elements(both).ids
    assert len(ids) == len(set(ids))


def test_a_formset_is_shown_whole() -> None:
    formset = forms.formset_factory(EveryShapeForm, extra=2)()
    shown = Elements(str(formset))
    assert {"id_form-TOTAL_FORMS", "id_form-0-name", "id_form-1-born_day"} <= set(shown.ids)


def test_forms_speak_arabic_right_to_left_with_numbers_left_to_right() -> None:
    with translation.override("ar"):
        shown = Elements(str(EveryShapeForm()))
    assert shown.with_id("id_phone")["dir"] == "ltr"
    assert shown.with_id("id_name")["dir"] == "auto"
    assert shown.with_id("id_born_day")["dir"] == "ltr"
