"""A contact is proved by its code or its link, once, and everything wrong looks alike."""

from __future__ import annotations

import datetime

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from registry.models import Channel, ContactProof
from registry.services.proving import code_of
from tests.registry.portal_visits import (
    WRONG_CODE,
    contact_on,
    errors_in,
    register,
    sent_code,
    sent_link,
    text_of,
    without_token,
)

pytestmark = pytest.mark.django_db

REFUSAL = (
    "This code does not work. It may be mistyped, used already or too old. "
    "Check it, or ask for a new one."
)


def test_the_code_confirms_its_contact_and_opens_the_registration(client: Client) -> None:
    person = register(client)
    phone = contact_on(person, Channel.SMS)
    code = sent_code(phone)
    typed = f" {code[:3]} {code[3:6]}-{code[6:]} "
    page = client.post("/register/done/", {"contact": phone.pk, "code": typed})
    assert (page.status_code, page.headers["Location"]) == (302, "/my/")
    shown = text_of(client.get("/my/"))
    assert "Your phone number is confirmed." in shown
    phone.refresh_from_db()
    assert phone.confirmed_at is not None
    assert contact_on(person, Channel.EMAIL).confirmed_at is None


def test_codes_may_be_typed_in_any_digits(client: Client) -> None:
    phone = contact_on(register(client), Channel.SMS)
    arabic = sent_code(phone).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    page = client.post("/register/done/", {"contact": phone.pk, "code": arabic})
    assert page.status_code == 302


def test_the_page_shows_contacts_only_in_part(client: Client) -> None:
    register(client)
    page = text_of(client.get("/register/done/"))
    assert "+961 ••••• 56" in page
    assert "a••••@mail.example" in page
    assert "123456" not in page
    assert "amal@" not in page


def test_the_other_contact_can_be_confirmed_without_a_new_message(client: Client) -> None:
    person = register(client)
    phone, email = contact_on(person, Channel.SMS), contact_on(person, Channel.EMAIL)
    client.post("/register/done/", {"contact": phone.pk, "code": sent_code(phone)})
    path = f"/my/contacts/{email.pk}/code/"
    assert "a••••@mail.example" in text_of(client.get(path))
    client.post(path, {"code": sent_code(email)})
    email.refresh_from_db()
    assert email.confirmed_at is not None


def test_an_earlier_code_still_works_after_asking_again(client: Client) -> None:
    phone = contact_on(register(client), Channel.SMS)
    first = sent_code(phone)
    client.post("/register/done/", {"contact": phone.pk, "go": "resend"})
    assert ContactProof.objects.filter(contact_point=phone).count() == 2
    page = client.post("/register/done/", {"contact": phone.pk, "code": first})
    assert page.headers["Location"] == "/my/"


def test_five_wrong_codes_end_a_code(client: Client) -> None:
    phone = contact_on(register(client), Channel.SMS)
    for _ in range(5):
        page = client.post("/register/done/", {"contact": phone.pk, "code": WRONG_CODE})
        assert errors_in(page) == [REFUSAL]
    page = client.post("/register/done/", {"contact": phone.pk, "code": sent_code(phone)})
    assert errors_in(page) == [REFUSAL]
    phone.refresh_from_db()
    assert phone.confirmed_at is None


def test_asking_again_too_often_is_stopped_with_a_sentence(client: Client) -> None:
    phone = contact_on(register(client), Channel.SMS)
    for _ in range(7):
        page = client.post("/register/done/", {"contact": phone.pk, "go": "resend"}, follow=True)
    assert "Wait an hour and try again." in text_of(page)
    assert ContactProof.objects.filter(contact_point=phone).count() == 7


def test_somebody_elses_contact_cannot_be_named(client: Client) -> None:
    stranger = Client()
    other = contact_on(register(stranger), Channel.SMS)
    register(client)
    page = client.post("/register/done/", {"contact": other.pk, "code": sent_code(other)})
    assert page.status_code == 404
    other.refresh_from_db()
    assert other.confirmed_at is None


def test_opening_a_link_does_nothing_before_the_button_is_pressed(client: Client) -> None:
    phone = contact_on(register(Client()), Channel.SMS)
    link = sent_link(phone)
    for _ in range(3):
        page = client.get(link)
        assert page.status_code == 200
        assert "<h1" in text_of(page)
    phone.refresh_from_db()
    assert phone.confirmed_at is None
    pressed = client.post(link)
    assert pressed.headers["Location"] == "/my/"
    phone.refresh_from_db()
    assert phone.confirmed_at is not None


def test_a_link_speaks_the_language_it_was_asked_for_in() -> None:
    arabic = Client()
    arabic.cookies["language"] = "ar"
    link = sent_link(contact_on(register(arabic), Channel.SMS))
    page = Client().get(link)
    assert '<html lang="ar" dir="rtl">' in text_of(page)
    assert page.headers["Content-Language"] == "ar"
    chosen = Client()
    chosen.cookies["language"] = "es"
    assert '<html lang="es"' in text_of(chosen.get(link))


def test_used_late_and_made_up_links_answer_with_the_same_page() -> None:
    used = sent_link(contact_on(register(Client()), Channel.SMS))
    Client().post(used)
    late = sent_link(contact_on(register(Client()), Channel.EMAIL))
    pages = [Client().get(used), Client().post(used), Client().get("/c/" + "A" * 22)]
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=25), tick=True):
        pages += [Client().get(late), Client().post(late)]
    assert {page.status_code for page in pages} == {410}
    assert len({without_token(page).replace(used, "").replace(late, "") for page in pages}) <= 2
    for page in pages:
        assert "This link no longer works" in text_of(page)
        assert 'href="/my/sign-in/"' in text_of(page)


def test_a_replayed_code_is_refused_like_a_wrong_one(client: Client) -> None:
    person = register(client)
    phone = contact_on(person, Channel.SMS)
    email = contact_on(person, Channel.EMAIL)
    code = sent_code(phone)
    client.post("/register/done/", {"contact": phone.pk, "code": code})
    page = client.post(f"/my/contacts/{email.pk}/code/", {"code": code})
    assert errors_in(page) == [REFUSAL]
    proof = ContactProof.objects.get(contact_point=phone)
    assert code_of(proof) == code
    assert proof.used_at is not None


def test_a_mistyped_number_is_put_right_and_its_message_opens_nothing(client: Client) -> None:
    person = register(client)
    wrong = contact_on(person, Channel.SMS)
    link, code = sent_link(wrong), sent_code(wrong)
    path = f"/register/done/{wrong.pk}/"
    assert f'href="{path}"' in text_of(client.get("/register/done/"))
    page = client.post(path, {"contact": "+961 3 765 432"})
    assert (page.status_code, page.headers["Location"]) == (302, "/register/done/")
    right = contact_on(person, Channel.SMS)
    assert right.value == "+9613765432"
    stranger = Client()
    assert stranger.post(link).status_code == 410
    assert stranger.get("/my/").headers["Location"] == "/my/sign-in/"
    assert client.post("/register/done/", {"contact": wrong.pk, "code": code}).status_code == 404
    done = client.post("/register/done/", {"contact": right.pk, "code": sent_code(right)})
    assert done.headers["Location"] == "/my/"


def test_a_mistyped_number_is_not_replaced_by_an_address(client: Client) -> None:
    wrong = contact_on(register(client), Channel.SMS)
    page = client.post(f"/register/done/{wrong.pk}/", {"contact": "noor@mail.example"})
    assert errors_in(page) == ["Enter a phone number."]


def test_once_something_is_confirmed_contacts_are_changed_only_from_within(client: Client) -> None:
    person = register(client)
    phone, email = contact_on(person, Channel.SMS), contact_on(person, Channel.EMAIL)
    Client().post(sent_link(email))
    page = client.post(f"/register/done/{phone.pk}/", {"contact": "+961 3 765 432"})
    assert page.headers["Location"] == "/my/sign-in/"
    assert contact_on(person, Channel.SMS).value == "+9613123456"
    assert "mistyped" not in text_of(client.get("/register/done/"))


def test_only_whoever_registered_can_put_a_mistyped_number_right(client: Client) -> None:
    phone = contact_on(register(client), Channel.SMS)
    stranger = Client()
    assert stranger.get(f"/register/done/{phone.pk}/").status_code == 404
    register(stranger, where={"phone": "+9613000111"})
    page = stranger.post(f"/register/done/{phone.pk}/", {"contact": "+9613765432"})
    assert page.status_code == 404
    phone.refresh_from_db()
    assert phone.removed_at is None


def test_a_link_to_a_contact_that_was_removed_opens_nothing(client: Client) -> None:
    person = register(client)
    phone, email = contact_on(person, Channel.SMS), contact_on(person, Channel.EMAIL)
    link = sent_link(email)
    client.post("/register/done/", {"contact": phone.pk, "code": sent_code(phone)})
    client.post(f"/my/contacts/{email.pk}/remove/")
    assert Client().post(link).status_code == 410
    email.refresh_from_db()
    assert email.confirmed_at is None
