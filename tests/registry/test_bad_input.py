"""Whatever somebody types, they get a sentence they can act on and lose nothing else."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from registry.models import ContactPoint, Registrant, RegistrationDraft
from tests import people
from tests.registry.portal_visits import (
    WHERE,
    WHO,
    ask_to_sign_in,
    contact_on,
    errors_in,
    held_in,
    register,
    send_where,
    send_who,
    sent_code,
    sent_link,
    sign_in,
    text_of,
)

pytestmark = pytest.mark.django_db

YESTERDAY = timezone.localdate() - datetime.timedelta(days=1)
NEXT_YEAR = timezone.localdate().year + 1


@dataclass(frozen=True)
class Wrong:
    """One wrong thing on one screen, the sentence it gets, and the fields it stands in."""

    name: str
    message: str
    fields: dict[str, Any]


WRONG_WHERE = [
    Wrong("no country", "Choose a country.", {"country": "", "area": "", "phone": "+9613123456"}),
    Wrong(
        "a country that is none",
        "Choose a country from the list.",
        {"country": "ZZ", "area": "", "phone": "+9613123456"},
    ),
    Wrong(
        "NUL in the country",
        "Choose a country from the list.",
        {"country": "L\0B", "area": "", "phone": "+9613123456"},
    ),
    Wrong(
        "the home country",
        "Choose a country from the list.",
        {"country": "XM", "area": "", "phone": "+9613123456"},
    ),
    Wrong("an area elsewhere", "Choose an area of the country you chose.", {"area": "FR-ARA"}),
    Wrong("no kind of stay", "Choose why you are there.", {"kind": None}),
    Wrong("a kind that is none", "Choose one of the answers.", {"kind": "prison"}),
    Wrong(
        "no way to be reached",
        "Enter a phone number or an e-mail address, so that we can reach you.",
        {"phone": "", "email": ""},
    ),
    Wrong(
        "a phone in words",
        "Use only numbers, spaces and +. For example, +961 3 123 456.",
        {"phone": "ask my brother"},
    ),
    Wrong(
        "a phone of no country",
        "No country has this code. Check the numbers after the +.",
        {"phone": "+999 123 456 78"},
    ),
    Wrong(
        "half a phone",
        "This phone number is too short. Check that no number is missing.",
        {"phone": "03 12"},
    ),
    Wrong(
        "twenty digits",
        "This phone number is too long. Check for numbers typed twice.",
        {"phone": "+961 3123456 3123456 31234"},
    ),
    Wrong("two phones", "Enter one phone number only.", {"phone": "+9613123456 +9613123457"}),
    Wrong(
        "a phone nobody has",
        "No phone has this number. Check each number, or start with + and the country code.",
        {"phone": "+1 202 000 0000"},
    ),
    Wrong(
        "a phone that costs",
        "We cannot send messages to this kind of number. Enter an ordinary number.",
        {"phone": "+1 900 234 5678"},
    ),
    Wrong(
        "an extension",
        "Leave out the extension. Enter a number that can be reached directly.",
        {"phone": "+961 3 123 456 ext 7"},
    ),
    Wrong(
        "NUL in the phone",
        "This contains a character that cannot be used. Type it again.",
        {"phone": "03\x00123 456"},
    ),
    Wrong(
        "an address without @",
        "An e-mail address needs one @. For example, name@example.org.",
        {"email": "amal.mail.example"},
    ),
    Wrong(
        "a header in the address",
        "An e-mail address must be on one line, without hidden characters.",
        {"email": "amal@mail.example\r\nBcc: everybody@mail.example"},
    ),
    Wrong(
        "a line separator in the address",
        "An e-mail address must be on one line, without hidden characters.",
        {"email": "amal@mail.example\u2028Bcc: x@mail.example"},
    ),
    Wrong(
        "two addresses",
        "Enter one e-mail address only.",
        {"email": "amal@mail.example, nour@mail.example"},
    ),
    Wrong(
        "a group of addresses",
        "Enter one e-mail address only.",
        {"email": "family: amal@mail.example;"},
    ),
    Wrong(
        "a name around the address",
        "Enter the address alone, without a name or brackets.",
        {"email": "Amal <amal@mail.example>"},
    ),
    Wrong(
        "half a domain",
        "The part after the @ is not complete. For example, name@example.org.",
        {"email": "amal@mail"},
    ),
    Wrong(
        "letters of another alphabet before the @",
        "The part before the @ may have only letters a to z, numbers and signs.",
        {"email": "\u0430mal@mail.example"},
    ),
    Wrong(
        "a very long address",
        "This is too long for an e-mail address. Enter one address only.",
        {"email": "a" * 300 + "@mail.example"},
    ),
    Wrong(
        "a place of 201 letters",
        "This must be 200 characters or shorter. It is 201 now.",
        {"place": "s" * 201},
    ),
    Wrong(
        "NUL in the place",
        "This contains a character that cannot be used. Type it again.",
        {"place": "Ham\0ra"},
    ),
    Wrong(
        "a stay that is over",
        "This day is over. Write a day from today on.",
        {
            "until_day": str(YESTERDAY.day),
            "until_month": str(YESTERDAY.month),
            "until_year": str(YESTERDAY.year),
        },
    ),
    Wrong(
        "a day that does not exist",
        "There is no such date. Check the day and the month.",
        {"until_day": "31", "until_month": "2", "until_year": str(NEXT_YEAR)},
    ),
    Wrong(
        "a day without its month",
        "The date must include a month.",
        {"until_day": "3", "until_month": "", "until_year": str(NEXT_YEAR)},
    ),
    Wrong(
        "a year of two digits",
        "Write the year with four digits, for example 1986.",
        {"until_day": "3", "until_month": "4", "until_year": "27"},
    ),
    Wrong(
        "a date in words",
        "Write the date in numbers, for example 27 3 1986.",
        {"until_day": "soon", "until_month": "4", "until_year": str(NEXT_YEAR)},
    ),
]

WRONG_WHO = [
    Wrong(
        "no name at all",
        "Enter a name, or any word we may call you.",
        {"given_names": "", "family_names": " \u200b ", "alias": ""},
    ),
    Wrong(
        "a name of 201 letters",
        "This must be 200 characters or shorter. It is 201 now.",
        {"given_names": "ع" * 201},
    ),
    Wrong(
        "NUL in a name",
        "This contains a character that cannot be used. Type it again.",
        {"family_names": "Had\0dad"},
    ),
    Wrong("a name of pictures", "A name needs at least one letter.", {"given_names": "😀😀"}),
    Wrong("a name of numbers", "A name needs at least one letter.", {"alias": "12345"}),
    Wrong(
        "a heap of accents",
        "This has too many accents on one letter. Type the name again.",
        {"given_names": "A" + "\u0301" * 40},
    ),
    Wrong(
        "a link as a name", "Enter a name, not a web address.", {"alias": "https://win.example/now"}
    ),
    Wrong(
        "born tomorrow",
        "A date of birth cannot be in the future.",
        {"birth_day": "1", "birth_month": "1", "birth_year": str(NEXT_YEAR)},
    ),
    Wrong(
        "born in 1899",
        "The year must be 1900 or later. Check it.",
        {"birth_day": "", "birth_month": "", "birth_year": "1899"},
    ),
    Wrong(
        "born on 30 February",
        "There is no such date. Check the day and the month.",
        {"birth_day": "30", "birth_month": "2", "birth_year": "1990"},
    ),
    Wrong(
        "born in month 13",
        "There is no such date. Check the day and the month.",
        {"birth_day": "3", "birth_month": "13", "birth_year": "1990"},
    ),
    Wrong(
        "born in 90",
        "Write the year with four digits, for example 1986.",
        {"birth_day": "", "birth_month": "", "birth_year": "90"},
    ),
    Wrong(
        "a birthday without a year",
        "The date must include a year.",
        {"birth_day": "2", "birth_month": "4", "birth_year": ""},
    ),
    Wrong(
        "a passport number in another alphabet",
        "Use the letters A to Z and numbers, as in the last lines of the page with the photo.",
        {"passport_number": "АВ1234567"},
    ),
    Wrong(
        "half a passport number",
        "A passport number has 5 to 20 letters and numbers. Check what is missing.",
        {"passport_number": "AB1"},
    ),
    Wrong("a nationality that is none", "Choose a country from the list.", {"nationality": "QQ"}),
    Wrong("a language that is none", "Choose languages from the list.", {"languages": ["tlh"]}),
]


def named(case: Wrong) -> str:
    return case.name


@pytest.mark.parametrize("case", WRONG_WHERE, ids=named)
def test_the_first_screen_says_what_is_wrong_and_keeps_the_rest(
    client: Client, case: Wrong
) -> None:
    page = send_where(client, **case.fields)
    assert page.status_code == 200
    assert errors_in(page) == [case.message]
    assert_kept(page, WHERE, case)
    assert not RegistrationDraft.objects.exists()


@pytest.mark.parametrize("case", WRONG_WHO, ids=named)
def test_the_second_screen_says_what_is_wrong_and_keeps_the_rest(
    client: Client, case: Wrong
) -> None:
    send_where(client)
    page = send_who(client, **case.fields, consent_service_news="on")
    assert page.status_code == 200
    assert errors_in(page) == [case.message]
    assert_kept(page, WHO, case)
    assert held_in(page)["consent_service_news"] == ["on"]
    assert not Registrant.objects.exists()
    # Put right, it goes through: nothing of the first screen was lost either.
    assert send_who(client).status_code == 302
    assert Registrant.objects.get().given_names == "Amal Noor"


def assert_kept(page: Any, screen: dict[str, Any], case: Wrong) -> None:
    """Every field that was not the wrong one still holds what was typed."""
    held = held_in(page)
    for field, typed in screen.items():
        if field not in case.fields and field != "go":
            assert held[field] == (typed if isinstance(typed, list) else [typed]), field
    assert "There is a problem" in text_of(page)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("\u202eAmal\u202c", "Amal"),
        ("Amal\u2066\u2069", "Amal"),
        ("  Amal \t Noor ", "Amal Noor"),
        ("A\u0301mal", "\u00c1mal"),
        ("ل" * 200, "ل" * 200),
        ("O", "O"),
        ("Amal 😀", "Amal 😀"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("Robert'); DROP TABLE registrant;--", "Robert'); DROP TABLE registrant;--"),
        ("=HYPERLINK(1)", "=HYPERLINK(1)"),
    ],
    ids=[
        "right-to-left override",
        "isolates",
        "spaces",
        "decomposed",
        "200 letters",
        "one letter",
        "a picture beside letters",
        "markup",
        "a statement",
        "a formula",
    ],
)
def test_odd_names_are_taken_and_shown_as_text(client: Client, typed: str, kept: str) -> None:
    person = register(client, who={"given_names": typed, "family_names": ""})
    assert (person.given_names, person.family_names) == (kept, "")
    contact = contact_on(person, 2)
    client.post("/register/done/", {"contact": contact.pk, "code": sent_code(contact)})
    assert b"<script>alert" not in client.get("/my/").content


@pytest.mark.parametrize(
    ("field", "raw", "message"),
    [
        (
            "given_names",
            b"Am%ED%A0%80al",
            "Part of this name was damaged on the way. Type it again.",
        ),
        ("alias", b"%FF%FEmoon", "Part of this name was damaged on the way. Type it again."),
        ("passport_number", b"%ED%B0%80", "Use the letters A to Z and numbers"),
    ],
    ids=["lone surrogate", "not UTF-8", "surrogate in the passport"],
)
def test_bytes_that_are_no_text_are_refused_beside_their_field(
    client: Client, field: str, raw: bytes, message: str
) -> None:
    send_where(client)
    others = {name: value for name, value in WHO.items() if name != field}
    body = urlencode(others, doseq=True).encode() + b"&" + field.encode() + b"=" + raw
    page = client.post("/register/who/", body, content_type="application/x-www-form-urlencoded")
    assert page.status_code == 200
    assert len(errors_in(page)) == 1
    assert errors_in(page)[0].startswith(message)
    assert 'value="Haddad"' in text_of(page)


@pytest.mark.parametrize("path", ["/register/", "/my/sign-in/"])
def test_ten_megabytes_in_a_field_are_refused_with_a_sentence(client: Client, path: str) -> None:
    page = client.post(path, {"place": "s" * 10_000_000, "contact": "s"})
    assert page.status_code in {400, 413}
    assert "Go back and try again." in text_of(page) or "Go back and send less" in text_of(page)


def test_a_thousand_fields_are_refused_with_a_sentence(client: Client) -> None:
    page = client.post("/register/", {f"field{number}": "1" for number in range(1000)})
    assert page.status_code == 400
    assert "Go back and try again." in text_of(page)


def test_a_form_without_its_token_is_answered_calmly() -> None:
    page = Client(enforce_csrf_checks=True).post("/register/", WHERE)
    assert page.status_code == 403
    assert "This page was open for too long" in text_of(page)


WRONG_CODES = [
    ("", "Enter the code from the message."),
    ("letters", "The code has numbers only."),
    ("12345", "The code has 10 numbers. Check it in the message."),
    ("1" * 70, "This must be 60 characters or shorter. It is 70 now."),
    ("123\x004567890", "This contains a character that cannot be used. Type it again."),
    (
        "0000000000",
        (
            "This code does not work. It may be mistyped, used already or too old. "
            "Check it, or ask for a new one."
        ),
    ),
]


@pytest.mark.parametrize(("typed", "message"), WRONG_CODES)
def test_wrong_codes_get_a_sentence_everywhere(client: Client, typed: str, message: str) -> None:
    contact = contact_on(register(client), 2)
    after_registering = client.post("/register/done/", {"contact": contact.pk, "code": typed})
    ask_to_sign_in(client, "+96170555009")
    signing_in = client.post("/my/sign-in/code/", {"code": typed})
    for page in (after_registering, signing_in):
        assert page.status_code == 200
        assert errors_in(page) == [message]


def test_late_and_replayed_links_get_a_sentence_and_a_way_on(client: Client) -> None:
    link = sent_link(contact_on(register(client), 2))
    client.post(link)
    for address in (link, "/c/" + "x" * 22, "/c/x", "/c/" + "-" * 200):
        page = client.get(address)
        assert page.status_code == 410
        assert "Each link works once." in text_of(page)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "Enter a phone number or an e-mail address."),
        ("03 123 456", "Start with + and the country code. For example, +961 3 123 456."),
        ("amal", "Use only numbers, spaces and +. For example, +961 3 123 456."),
        ("amal@mail", "The part after the @ is not complete. For example, name@example.org."),
        ("a@mail.example b@mail.example", "Enter one e-mail address only."),
        (
            "a@mail.example\nBcc: b@mail.example",
            "An e-mail address must be on one line, without hidden characters.",
        ),
        ("+961\x003123456", "This contains a character that cannot be used. Type it again."),
        ("9" * 20_000, "This must be 254 characters or shorter. It is 20000 now."),
    ],
)
def test_a_contact_typed_wrong_gets_a_sentence_everywhere(
    client: Client, typed: str, message: str
) -> None:
    stranger = client.post("/my/sign-in/", {"contact": typed})
    sign_in(client, people.register())
    before = ContactPoint.objects.count()
    adding = client.post("/my/contacts/add/", {"contact": typed})
    naming = client.post(
        "/my/emergency-contacts/add/",
        {"name": "Sami", "relation": "sibling", "contact": typed},
    )
    for page in (stranger, adding, naming):
        assert page.status_code == 200
        assert errors_in(page) == [message]
    assert 'value="Sami"' in text_of(naming)
    assert ContactPoint.objects.count() == before


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "", "relation": "child"}, "Enter the name."),
        ({"name": "Nour", "relation": ""}, "Choose who this is to you."),
        ({"name": "Nour", "relation": "boss"}, "Choose one of the answers."),
        (
            {"name": "Nour", "relation": "child", "birth_year": str(NEXT_YEAR)},
            "A date of birth cannot be in the future.",
        ),
    ],
)
def test_a_companion_typed_wrong_gets_a_sentence(
    client: Client, fields: dict[str, str], message: str
) -> None:
    sign_in(client, people.register())
    page = client.post("/my/companions/add/", fields)
    assert page.status_code == 200
    assert errors_in(page) == [message]
    if fields["name"]:
        assert 'value="Nour"' in text_of(page)
