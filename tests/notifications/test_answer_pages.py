"""The page behind a message's link: two buttons, for one person, while the crisis is open."""

from __future__ import annotations

import datetime

import pytest
import time_machine
from django.contrib.staticfiles.finders import find
from django.test import Client
from django.utils import timezone

from audit.recording import Actor
from crises.models import Crisis
from notifications import addressing
from notifications.answering_proofs import answer_proof
from notifications.board import board_of
from notifications.links import answer_reference
from notifications.models import Answer, AnswerState, AudienceMember, Delivery, Dispatch
from registry.models import ContactProof, Registrant
from registry.services.erasing import erase_person
from registry.throttling import ANSWERING_PER_LINK
from tests import people
from tests.registry.portal_visits import errors_in, text_of

# Freezing an audience works on connections of its own and sees only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)

MOST_BYTES = 30_000


def alerted(*, is_exercise: bool = False) -> Dispatch:
    """Alert everybody registered in Beirut; return the dispatch with its deliveries written."""
    dispatch = people.released(people.crisis(is_exercise=is_exercise))
    addressing.freeze(dispatch.pk)
    return Dispatch.objects.get(pk=dispatch.pk)


def link_of(dispatch: Dispatch, person: Registrant) -> str:
    """Return the path of the link in the message to a person."""
    seq = Delivery.objects.filter(dispatch=dispatch, registrant_id=person.pk).earliest("seq").seq
    return f"/a/{answer_reference(dispatch.pk, seq)}"


@pytest.fixture
def person() -> Registrant:
    return people.register(given_names="Unmistakable", phones=["+96170555001"], language="ar")


@pytest.fixture
def dispatch(person: Registrant) -> Dispatch:
    return alerted()


@pytest.fixture
def link(dispatch: Dispatch, person: Registrant) -> str:
    return link_of(dispatch, person)


def test_opening_the_link_records_nothing(client: Client, link: str) -> None:
    for _ in range(3):
        assert client.get(link).status_code == 200
        assert client.head(link).status_code == 200
    assert not Answer.objects.exists()


@pytest.mark.parametrize("state", ["safe", "help"])
def test_one_press_answers_and_the_board_shows_it(
    client: Client, dispatch: Dispatch, person: Registrant, link: str, state: str
) -> None:
    page = client.post(link, {"state": state})
    assert (page.status_code, page.headers["Location"]) == (302, link)
    answer = Answer.objects.get()
    assert (answer.registrant_id, answer.state, answer.via) == (person.pk, state, "link")
    standing = board_of(dispatch).all
    assert (standing.safe, standing.help) == ((1, 0) if state == "safe" else (0, 1))


def test_words_and_place_come_along_sealed_and_whole(client: Client, link: str) -> None:
    client.post(link, {"state": "help", "words": "نحن ستة\nمعنا طفل", "place": "شارع الحمرا"})
    answer = Answer.objects.get()
    assert (answer.words, answer.place) == ("نحن ستة\nمعنا طفل", "شارع الحمرا")


def test_the_page_speaks_the_language_of_the_message_unless_another_was_chosen(
    client: Client, link: str
) -> None:
    page = client.get(link, headers={"Accept-Language": "fr"})
    assert '<html lang="ar" dir="rtl">' in text_of(page)
    assert page.headers["Content-Language"] == "ar"
    client.cookies["language"] = "es"
    assert '<html lang="es" dir="ltr">' in text_of(client.get(link))


def test_the_page_names_nobody(client: Client, person: Registrant, link: str) -> None:
    client.cookies["language"] = "en"
    client.post(link, {"state": "help", "words": "secret words", "place": "secret place"})
    page = text_of(client.get(link))
    for hidden in ("Unmistakable", "70555001", str(person.pk), "secret words", "secret place"):
        assert hidden not in page
    assert "Meridia" not in page


def test_the_answer_can_be_changed_and_the_latest_counts(
    client: Client, dispatch: Dispatch, person: Registrant, link: str
) -> None:
    client.cookies["language"] = "en"
    client.post(link, {"state": "help"})
    page = text_of(client.get(link))
    assert "We have noted: you need help" in page
    assert "nobody may be able to come" in page
    client.post(link, {"state": "safe"})
    assert "We have noted: you are safe" in text_of(client.get(link))
    assert Answer.objects.count() == 2
    assert AudienceMember.objects.get(registrant_id=person.pk).answer == AnswerState.SAFE
    assert board_of(dispatch).all.help == 0


def test_the_page_works_in_a_phone_that_keeps_no_cookies(link: str) -> None:
    page = Client(enforce_csrf_checks=True).post(link, {"state": "safe"})
    assert page.status_code == 302
    assert Answer.objects.get().state == "safe"


def test_a_link_answers_for_its_own_person_alone(client: Client) -> None:
    shared = "+96170555002"
    first, second = people.register(phones=[shared]), people.register(phones=[shared])
    dispatch = alerted()
    sent = Delivery.objects.get(dispatch=dispatch, shared_with_seq=None)
    client.post(f"/a/{answer_reference(dispatch.pk, sent.seq)}", {"state": "safe"})
    assert [answer.registrant_id for answer in Answer.objects.all()] == [sent.registrant_id]
    assert sent.registrant_id in {first.pk, second.pk}


@pytest.mark.parametrize("state", [None, "", "maybe", "safe\0"])
def test_a_press_on_neither_button_asks_again_and_keeps_the_words(
    client: Client, link: str, state: str | None
) -> None:
    client.cookies["language"] = "en"
    fields = {"words": "kept words"} | ({} if state is None else {"state": state})
    page = client.post(link, fields)
    assert page.status_code == 200
    assert "Press one of the two buttons" in text_of(page)
    assert "kept words" in text_of(page)
    assert not Answer.objects.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("w" * 501, "This must be 500 characters or shorter. It is 501 now."),
        ("a\0b", "This contains a character that cannot be used. Type it again."),
    ],
)
def test_a_call_for_help_counts_whatever_is_wrong_with_its_words(
    client: Client, link: str, words: str, message: str
) -> None:
    client.cookies["language"] = "en"
    page = client.post(link, {"state": "help", "words": words, "place": "Hamra"})
    assert page.status_code == 200
    assert errors_in(page) == [message]
    assert "We have noted: you need help" in text_of(page)
    answer = Answer.objects.get()
    assert (answer.state, answer.words, answer.place) == ("help", "", "Hamra")


@pytest.mark.parametrize("reference", ["A" * 22, "x", "A" * 21, "A" * 23, "-" * 500])
def test_a_made_up_link_is_the_usual_missing_page(client: Client, reference: str) -> None:
    for page in (client.get(f"/a/{reference}"), client.post(f"/a/{reference}", {"state": "help"})):
        assert page.status_code == 404
        assert "This page is not here" in text_of(page)
    assert not Answer.objects.exists()


def test_a_link_of_an_erased_person_is_the_usual_missing_page(
    client: Client, person: Registrant, link: str
) -> None:
    erase_person(actor=Actor.person(person.pk), person=person)
    assert client.get(link).status_code == 404
    assert client.post(link, {"state": "help"}).status_code == 404


def test_a_message_outside_any_crisis_asks_nothing(client: Client, person: Registrant) -> None:
    client.post("/my/sign-in/", {"contact": "+96170555001"})
    answer_proof(ContactProof.objects.latest("pk").pk)
    sent = Delivery.objects.get(registrant_id=person.pk)
    assert client.get(f"/a/{answer_reference(sent.dispatch_id, sent.seq)}").status_code == 404


def test_a_closed_crisis_says_that_it_is_over(client: Client, link: str) -> None:
    client.cookies["language"] = "en"
    Crisis.objects.update(closed_at=timezone.now())
    for page in (client.get(link), client.post(link, {"state": "help"})):
        assert page.status_code == 410
        assert "This is over" in text_of(page)
        assert "local emergency number" in text_of(page)
    assert not Answer.objects.exists()


def test_a_link_lives_for_fourteen_days(client: Client, link: str) -> None:
    client.cookies["language"] = "en"
    now = timezone.now()
    with time_machine.travel(now + datetime.timedelta(days=13, hours=23), tick=True):
        assert client.get(link).status_code == 200
    with time_machine.travel(now + datetime.timedelta(days=14, hours=1), tick=True):
        page = client.post(link, {"state": "safe"})
        assert page.status_code == 410
        assert "A link works for 14 days." in text_of(page)
    assert not Answer.objects.exists()


def test_an_exercise_looks_like_one(client: Client) -> None:
    person = people.register(language="en")
    page = text_of(client.get(link_of(alerted(is_exercise=True), person)))
    assert 'class="is-exercise"' in page
    assert "EXERCISE" in page


def test_hammering_a_link_fills_no_table(client: Client, link: str) -> None:
    for _ in range(ANSWERING_PER_LINK.most + 5):
        assert client.post(link, {"state": "safe"}).status_code == 302
    assert Answer.objects.count() == ANSWERING_PER_LINK.most


def test_the_page_and_its_stylesheet_are_tiny_and_need_no_script(client: Client, link: str) -> None:
    client.cookies["language"] = "ar"
    client.post(link, {"state": "help"})
    page = client.get(link)
    stylesheet = find("css/answer.css")
    assert isinstance(stylesheet, str)
    with open(stylesheet, "rb") as file:
        assert len(page.content) + len(file.read()) < MOST_BYTES
    assert "<script" not in text_of(page)
    assert text_of(page).count("<link") == 2  # an empty icon and the stylesheet
