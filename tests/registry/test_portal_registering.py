"""Two screens make a registered person, whatever language, script and device they come with."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client

from consent.models import ConsentEvent, ConsentState, NoticeText
from encryption.models import PersonKey
from registry.models import Channel, ContactPoint, Registrant, RegistrationDraft, Stay
from tests.registry.portal_visits import (
    WHERE,
    WHO,
    errors_in,
    held_in,
    register,
    send_where,
    send_who,
    text_of,
)

pytestmark = pytest.mark.django_db

# Names people really have, one script each, with what makes that script hard.
NAMES = {
    "Latin": ("Zoë-Marie O’Brien", "Nguyễn"),
    "Cyrillic": ("Олександра", "Коваль"),
    "Greek": ("Ἀλέξανδρος", "Παπαδόπουλος"),
    "Arabic": ("عبد الرحمن", "السيّد"),
    "Persian with joiners": ("فاطمه‌زهرا", "حسینی"),
    "Hebrew": ("שָׂרָה", "כהן"),
    "Syriac": ("ܐܒܪܗܡ", "ܒܪ ܨܠܝܒܐ"),
    "Thaana": ("އަހުމަދު", "ނަޝީދު"),
    "N'Ko": ("ߛߊ߬ߟߌߝߎ߫", "ߞߋߕߊ߫"),
    "Armenian": ("Անահիտ", "Հարությունյան"),
    "Georgian": ("ნინო", "ჩხეიძე"),
    "Ethiopic": ("ሰላማዊት", "ገብረመድኅን"),
    "Devanagari": ("श्रीकृष्ण", "त्रिपाठी"),
    "Bengali": ("রাবেয়া", "খাতুন"),
    "Gurmukhi": ("ਗੁਰਪ੍ਰੀਤ", "ਸਿੰਘ"),
    "Gujarati": ("હેતલ", "પટેલ"),
    "Odia": ("ସୁଭାଷ", "ମହାପାତ୍ର"),
    "Tamil": ("ஸ்ரீதேவி", "முருகன்"),
    "Telugu": ("వెంకటేశ్వర్లు", "రెడ్డి"),
    "Kannada": ("ಲಕ್ಷ್ಮೀ", "ಹೆಗ್ಡೆ"),
    "Malayalam with joiners": ("ശ്രീകൃഷ്ണന്‍", "നായര്‍"),
    "Sinhala with joiners": ("ශ්‍රියානි", "ප්‍රනාන්දු"),
    "Thai": ("กัญญารัตน์", "ศรีสุข"),
    "Lao": ("ສົມສັກ", "ພົມມະຈັນ"),
    "Khmer": ("សុវណ្ណារ៉ា", "ស្រ៊ុន"),
    "Myanmar": ("အောင်ဆန်း", ""),
    "Tibetan": ("བསྟན་འཛིན", "རྒྱ་མཚོ་"),
    "Mongolian": ("ᠪᠠᠲᠤ", "ᠬᠠᠨ"),
    "Han": ("欧阳", "𠮷野"),
    "Kana": ("さくら", "タカハシ"),
    "Hangul": ("서연", "남궁"),
    "Cherokee": ("ᏍᏏᏉᏯ", "ᎠᏂ"),
    "Canadian syllabics": ("ᐊᓗᒃᑲᖅ", "ᐃᓄᒃ"),
    "Tifinagh": ("ⵎⴰⵙⵉⵏⵉⵙⵙⴰ", "ⴰⵢⵜ"),
}


def test_two_screens_register_a_person_with_a_stay_and_contacts(client: Client) -> None:
    person = register(client)
    assert (person.given_names, person.family_names, person.alias) == (
        "Amal Noor",
        "Haddad",
        "Moon",
    )
    assert person.birth == {"year": 1990, "month": 4, "day": 2}
    assert (person.nationality, person.passport_number) == ("XM", "AB1234567")
    assert (person.language, person.other_languages) == ("en", ["fr"])
    stay = Stay.objects.get(registrant=person)
    assert (stay.country_id, stay.area_id, stay.place) == ("LB", "LB-BA", "Hamra, second street")
    assert (stay.kind, str(stay.until_on), stay.post.code) == ("residence", "2031-03-27", "beirut")
    contacts = ContactPoint.objects.filter(registrant=person).order_by("-channel")
    assert [contact.value for contact in contacts] == ["+9613123456", "amal@mail.example"]
    assert not any(contact.confirmed_at for contact in contacts)


def test_the_first_line_says_that_registering_is_no_rescue(client: Client) -> None:
    words = "Registering helps us reach you. It is not a promise of rescue."
    for path in ("/", "/register/"):
        page = text_of(client.get(path))
        sheet = page.split('class="sheet"', 1)[1]
        assert sheet.index(words) < sheet.index("<form" if path != "/" else "<h1"), path


@pytest.mark.parametrize("name", NAMES)
def test_names_in_every_script_are_kept_as_given(client: Client, name: str) -> None:
    given, family = NAMES[name]
    person = register(client, who={"given_names": given, "family_names": family})
    assert (person.given_names, person.family_names) == (given, family)


def test_an_alias_alone_and_nothing_else_is_enough(client: Client) -> None:
    nothing = dict.fromkeys(WHO, None)
    person = register(
        client,
        where={
            "area": "",
            "place": "",
            "phone": None,
            "until_day": None,
            "until_month": None,
            "until_year": None,
        },
        who={**nothing, "alias": "Cedar", "go": "on"},
    )
    assert (person.given_names, person.family_names, person.display_name) == ("", "", "Cedar")
    assert (person.birth, person.nationality, person.passport_token) == (None, "", None)
    assert Stay.objects.get(registrant=person).area_id is None


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_refusing_everything_still_registers_in_every_language(
    client: Client, language: str
) -> None:
    client.cookies["language"] = language
    person = register(client)
    assert person.language == language
    events = ConsentEvent.objects.filter(subject_id=person.pk)
    assert {event.purpose_id for event in events} == {
        "crisis_alert_sms",
        "crisis_alert_email",
        "service_news",
    }
    assert {event.state for event in events} == {ConsentState.REFUSED}
    assert {event.language for event in events} == {language}


def test_a_tick_is_kept_with_the_words_it_stood_beside(client: Client) -> None:
    client.cookies["language"] = "ar"
    send_where(client)
    page = text_of(client.get("/register/who/"))
    notice = NoticeText.objects.get(purpose="crisis_alert_sms", language="ar")
    assert notice.sentence in page
    assert NoticeText.objects.get(purpose="registry_core", language="ar").sentence in page
    boxes = re.findall(r'<input[^>]*name="consent_[^>]*>', page)
    assert len(boxes) == 3
    assert not [box for box in boxes if "checked" in box]
    send_who(client, consent_crisis_alert_sms="on")
    event = ConsentEvent.objects.get(purpose="crisis_alert_sms")
    assert (event.state, event.notice_sha256) == (ConsentState.GIVEN, notice.sha256)
    assert (event.method, event.channel, event.language) == ("unticked-box", "web", "ar")


def test_a_tick_counts_for_the_words_that_were_seen_whatever_another_window_speaks(
    client: Client,
) -> None:
    client.cookies["language"] = "fr"
    send_where(client)
    assert held_in(client.get("/register/who/"))["shown_in"] == ["fr"]
    client.cookies["language"] = "es"
    send_who(client, shown_in="fr", consent_crisis_alert_sms="on")
    assert ConsentEvent.objects.get(purpose="crisis_alert_sms").language == "fr"
    assert Registrant.objects.get().language == "fr"


@pytest.mark.parametrize(
    ("left_out", "asked", "not_asked"),
    [
        ("phone", "crisis_alert_email", "crisis_alert_sms"),
        ("email", "crisis_alert_sms", "crisis_alert_email"),
    ],
)
def test_alerts_are_offered_only_for_what_can_be_reached(
    client: Client, left_out: str, asked: str, not_asked: str
) -> None:
    send_where(client, **{left_out: None})
    page = text_of(client.get("/register/who/"))
    assert f'name="consent_{asked}"' in page
    assert f'name="consent_{not_asked}"' not in page


def test_a_box_that_was_not_offered_cannot_be_ticked(client: Client) -> None:
    person = register(client, where={"phone": None}, who={"consent_crisis_alert_sms": "on"})
    assert not ConsentEvent.objects.filter(
        subject_id=person.pk, purpose="crisis_alert_sms"
    ).exists()


def test_areas_of_a_country_come_without_javascript_and_keep_what_was_typed(
    client: Client,
) -> None:
    page = send_where(client, area=None, show_areas="on", go=None)
    assert errors_in(page) == []
    text = text_of(page)
    assert '<option value="LB-BA">Beirut</option>' in text
    assert 'value="03 123 456"' in text
    assert "Hamra, second street" in text
    assert RegistrationDraft.objects.count() == 0


def test_changing_the_language_loses_nothing_on_the_first_screen(client: Client) -> None:
    page = send_where(client, language="ar", go=None)
    text = text_of(page)
    assert '<html lang="ar" dir="rtl">' in text
    assert page.headers["Content-Language"] == "ar"
    assert client.cookies["language"].value == "ar"
    for kept in (
        'value="03 123 456"',
        "Hamra, second street",
        'value="2031"',
        '<option value="LB-BA" selected>',
    ):
        assert kept in text


def test_changing_the_language_loses_nothing_on_the_second_screen(client: Client) -> None:
    send_where(client)
    page = send_who(client, language="fr", go=None, consent_service_news="on", alias="\u202eMoon")
    text = text_of(page)
    assert '<html lang="fr"' in text
    for kept in ("Amal Noor", "Haddad", "Moon", 'value="1990"', "ab 123 4567", " checked"):
        assert kept in text
    person_page = send_who(client)
    assert person_page.status_code == 302
    assert Registrant.objects.get().language == "fr"


def test_going_back_and_forth_loses_nothing(client: Client) -> None:
    send_where(client)
    back = send_who(client, go="back", given_names="Somebody else")
    assert back.headers["Location"] == "/register/"
    first = text_of(client.get("/register/"))
    assert 'value="03 123 456"' in first
    assert errors_in(client.get("/register/")) == []
    send_where(client, place="Another street")
    second = text_of(client.get("/register/who/"))
    assert "Somebody else" in second
    send_who(client)
    assert Stay.objects.get().place == "Another street"


def test_unfinished_answers_are_sealed(client: Client) -> None:
    send_where(client)
    draft = RegistrationDraft.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT answers FROM registry_registrationdraft")
        stored = bytes(cursor.fetchone()[0])
    assert b"Hamra" not in stored
    assert b"3 123 456" not in stored
    assert PersonKey.objects.filter(person_id=draft.pk).count() == 1


def test_a_second_press_of_the_button_leads_to_the_same_registration(client: Client) -> None:
    first = register(client)
    again = send_who(client, given_names="Other")
    assert again.headers["Location"] == "/register/done/"
    assert Registrant.objects.get().pk == first.pk


@pytest.mark.django_db(transaction=True)
def test_pressing_twice_at_the_same_moment_registers_once(client: Client) -> None:
    send_where(client)

    def press(_number: int) -> Any:
        twin = Client()
        twin.cookies = client.cookies
        try:
            return send_who(twin)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as presses:
        answers = list(presses.map(press, range(4)))
    assert [(a.status_code, a.headers["Location"]) for a in answers] == [
        (302, "/register/done/")
    ] * 4
    assert Registrant.objects.count() == 1
    assert ContactPoint.objects.count() == 2


def test_a_draft_that_ran_out_says_so_and_leads_to_the_start(client: Client) -> None:
    send_where(client)
    RegistrationDraft.objects.update(expires_at="2020-01-01T00:00Z")
    page = send_who(client)
    assert page.status_code == 410
    assert "Please start again" in text_of(page)
    assert 'href="/register/"' in text_of(page)


def test_the_second_screen_without_the_first_says_how_to_start(client: Client) -> None:
    page = client.get("/register/who/")
    assert page.status_code == 410
    assert "You are not registered yet." in text_of(page)


def test_a_shared_phone_registers_two_people(client: Client) -> None:
    register(client)
    other = Client()
    register(other, who={"given_names": "Nour"})
    assert Registrant.objects.count() == 2
    phones = ContactPoint.objects.filter(channel=Channel.SMS)
    assert len({phone.token for phone in phones}) == 1


def test_no_page_of_a_registration_is_kept_by_the_browser(client: Client) -> None:
    answers = [client.get("/register/"), send_where(client), client.get("/register/who/")]
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}


def test_addresses_never_carry_what_was_typed(client: Client) -> None:
    visited = [send_where(client).headers["Location"], send_who(client).headers["Location"]]
    assert visited == ["/register/who/", "/register/done/"]
    typed = [value for value in (*WHERE.values(), *WHO.values()) if isinstance(value, str)]
    assert not [value for value in typed if len(value) > 3 and value in "".join(visited)]
