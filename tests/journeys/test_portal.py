"""Somebody abroad with a cheap phone: registers, comes back, answers, and gets away quickly."""

from __future__ import annotations

import gzip
import re

import pytest
from playwright.sync_api import Page, Response, expect

from demo.smsgateway import SmsGateway
from notifications import addressing, sending
from notifications.answering_proofs import answer_proof
from notifications.links import answer_link
from notifications.models import Answer, Delivery, Lane
from registry.models import ContactProof, Registrant, Stay
from registry.services.proving import code_of
from tests import people
from tests.browsing import PHONE, Pages, assert_usable

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

MOST_BYTES_TO_REGISTER = 60_000
MOST_BYTES_TO_ANSWER = 30_000
_CODE = re.compile(r"\d{3} \d{3} \d{4}")


class Scale:
    """Weighs what pages bring over the line, stylesheets pressed as a live server does."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0
        self._seen: set[str] = set()
        page.on("response", self._weigh)

    def _weigh(self, response: Response) -> None:
        is_static = "/static/" in response.url
        if 300 <= response.status < 400 or (is_static and response.url in self._seen):
            return
        self._seen.add(response.url)
        body = response.body()
        is_pressed = is_static or response.headers.get("content-encoding") == "gzip"
        self.bytes += len(gzip.compress(body)) if is_pressed else len(body)


def deliver() -> None:
    """Do what the workers do: decide about the codes that were asked for, and send them."""
    for proof in ContactProof.objects.filter(answered_at=None):
        answer_proof(proof.pk)
    sending.drain(lane=Lane.URGENT)


def sign_in(page: Page, contact: str) -> None:
    """Sign a registered person in."""
    page.goto("/my/sign-in/")
    page.locator("[name=contact]").fill(contact)
    page.locator("main button").first.click()
    page.wait_for_url("**/my/sign-in/code/")
    deliver()
    page.locator("[name=code]").fill(code_of(ContactProof.objects.latest("pk")))
    page.locator("main button").first.click()
    page.wait_for_url("**/my/")


def tab_to(page: Page, selector: str, most: int = 60) -> None:
    """Press Tab until the control has the focus, as somebody without a mouse does."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached with the keyboard")


def test_she_registers_in_arabic_on_a_small_phone_without_javascript(
    pages: Pages, sms_gateway: SmsGateway
) -> None:
    people.load_posts()
    page = pages.open(locale="ar", javascript=False, viewport=PHONE)
    scale = Scale(page)
    page.goto("/")
    assert page.locator("html").get_attribute("dir") == "rtl"
    page.locator("main a.govuk-button").click()
    page.wait_for_url("**/register/")
    page.locator("#id_country").select_option("LB")
    page.locator("[name=show_areas]").click()
    page.locator("#id_area").select_option("LB-BA")
    page.locator("#id_place").fill("شارع الحمرا")
    page.locator("label[for=id_kind_1]").click()
    page.locator("#id_phone").fill("٠٣ ١٢٣ ٤٥٦")
    page.locator("main form button[value=on]").last.click()
    page.wait_for_url("**/register/who/")
    page.locator("#id_given_names").fill("أمل")
    page.locator("#id_family_names").fill("حداد")
    page.locator("#id_birth_year").fill("١٩٩٠")
    page.locator("label[for=id_consent_crisis_alert_sms]").click()
    page.locator("main form button[value=on]").click()
    page.wait_for_url("**/register/done/")
    assert scale.bytes < MOST_BYTES_TO_REGISTER
    deliver()
    message = sms_gateway.wait_for("+9613123456")
    code = _CODE.search(message.text)
    assert code is not None
    page.locator("[name=code]").fill(code[0])
    page.locator("main form button[value=on]").click()
    page.wait_for_url("**/my/")
    expect(page.locator("main")).to_contain_text("شارع الحمرا")
    person = Registrant.objects.get()
    assert (person.given_names, person.family_names, person.language) == ("أمل", "حداد", "ar")
    assert person.birth == {"year": 1990}
    stay = Stay.objects.get()
    assert (stay.area_id, stay.kind) == ("LB-BA", "work")
    page.locator("main form[action='/my/still-here/'] button").click()
    page.wait_for_url("**/my/")


def test_the_link_in_the_message_confirms_on_another_phone(
    pages: Pages, sms_gateway: SmsGateway
) -> None:
    people.register(phones=["+9613123456"], is_confirmed=False)
    deliver()
    link = re.search(r"/c/[\w-]{22}", sms_gateway.wait_for("+9613123456").text)
    assert link is not None
    page = pages.open(link[0], viewport=PHONE, javascript=False)
    page.locator("main button").click()
    page.wait_for_url("**/my/")
    expect(page.locator("main")).to_contain_text("Your phone number is confirmed.")
    late = pages.open(link[0], viewport=PHONE, javascript=False)
    expect(late.locator("h1")).to_have_text("This link no longer works")


def test_everything_can_be_done_with_the_keyboard_alone(pages: Pages) -> None:
    people.load_posts()
    page = pages.open("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "govuk-skip-link"
    tab_to(page, "main a.govuk-button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/register/")
    tab_to(page, "#id_country")
    page.keyboard.type("Lebanon")
    expect(page.locator("#id_area option[value=LB-BA]")).to_have_count(1)
    tab_to(page, "#id_area")
    page.keyboard.type("Beirut")
    tab_to(page, "#id_kind_0")
    page.keyboard.press("Space")
    tab_to(page, "#id_phone")
    page.keyboard.type("03 123 456")
    # Enter sends the form on; it must not press the language buttons, which come first.
    page.keyboard.press("Enter")
    page.wait_for_url("**/register/who/")
    assert page.locator("html").get_attribute("lang") == "en"
    tab_to(page, "#id_alias")
    page.keyboard.type("Cedar")
    tab_to(page, "#id_consent_crisis_alert_sms")
    page.keyboard.press("Space")
    tab_to(page, "main form button[value=on]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/register/done/")
    assert Stay.objects.get().area_id == "LB-BA"
    assert Registrant.objects.get().alias == "Cedar"


def test_changing_the_language_in_the_middle_keeps_what_was_typed(pages: Pages) -> None:
    people.load_posts()
    page = pages.open("/register/", viewport=PHONE, javascript=False)
    page.locator("#id_country").select_option("LB")
    page.locator("#id_place").fill("Hamra")
    page.locator("#id_phone").fill("12")
    page.get_by_role("button", name="العربية").click()
    assert page.locator("html").get_attribute("dir") == "rtl"
    expect(page.locator("#id_country")).to_have_value("LB")
    expect(page.locator("#id_place")).to_have_value("Hamra")
    expect(page.locator("#id_phone")).to_have_value("12")
    assert page.locator(".govuk-error-message").count() == 0
    page.goto("/")
    assert page.locator("html").get_attribute("lang") == "ar"


def test_errors_take_the_focus_and_lead_to_their_fields(pages: Pages) -> None:
    people.load_posts()
    page = pages.open("/register/", viewport=PHONE)
    page.locator("main form button[value=on]").last.click()
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    assert_usable(page)
    page.get_by_role("link", name="Choose a country.").click()
    expect(page.locator("#id_country")).to_be_focused()


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
def test_leaving_quickly_leaves_nothing_behind(pages: Pages, *, javascript: bool) -> None:
    people.register(given_names="Unmistakable", phones=["+9613123456"])
    page = pages.open(javascript=javascript)
    sign_in(page, "+961 3 123 456")
    page.locator("a.leave").click()
    page.wait_for_url("**/calendar/")
    assert "Abroad" not in page.title()
    page.go_back()
    expect(page.get_by_text("Unmistakable")).to_have_count(0)
    page.goto("/my/")
    page.wait_for_url("**/my/sign-in/")


def test_three_presses_of_escape_leave_too(pages: Pages) -> None:
    page = pages.open("/")
    page.wait_for_load_state()
    for _ in range(3):
        page.keyboard.press("Escape")
    page.wait_for_url("**/calendar/")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_no_page_breaks_a_rule_or_sticks_out_of_a_small_screen(pages: Pages, language: str) -> None:
    people.register(
        given_names="Wolfeschlegelsteinhausenbergerdorff" * 3,
        phones=["+9613123456"],
        emails=["a.very.long.address.that.does.not.end@subdomain.of.a.long.domain.example"],
        place="Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch",
    )
    page = pages.open("/", viewport=PHONE, locale=language)
    for path in ("/", "/register/", "/register/who/", "/my/sign-in/", "/c/" + "A" * 22):
        page.goto(path)
        assert_usable(page)
    sign_in(page, "+961 3 123 456")
    for path in (
        *("/my/", "/my/moved/", "/my/gone-home/", "/my/details/", "/my/looks/", "/my/choices/"),
        *("/my/contacts/add/", "/my/companions/add/", "/my/emergency-contacts/add/"),
        "/my/trips/add/",
        *("/my/messages/", "/my/download/", "/my/erase/", "/my/new-code/", "/calendar/"),
    ):
        page.goto(path)
        assert_usable(page)


def test_she_answers_with_one_thumb_on_a_bad_line(pages: Pages) -> None:
    person = people.register(phones=["+9613123456"], language="ar")
    dispatch = people.released(people.crisis())
    addressing.freeze(dispatch.pk)
    seq = Delivery.objects.get(dispatch=dispatch, registrant_id=person.pk).seq
    page = pages.open(viewport=PHONE, javascript=False)
    scale = Scale(page)
    page.goto("/a/" + answer_link(dispatch.pk, seq).rpartition("/")[2])
    assert page.locator("html").get_attribute("lang") == "ar"
    safe, helpless = (page.locator(f"button[value={state}]") for state in ("safe", "help"))
    for button in (safe, helpless):
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 64
        assert box["width"] >= 300
        assert box["y"] + box["height"] <= PHONE["height"]
    page.locator("[name=words]").fill("نحن ستة")
    helpless.click()
    expect(page.locator("[role=status]")).to_be_visible()
    assert scale.bytes < MOST_BYTES_TO_ANSWER
    answer = Answer.objects.get()
    assert (answer.state, answer.words) == ("help", "نحن ستة")
    safe.click()
    expect(page.locator("[role=status]")).to_be_visible()
    assert [answer.state for answer in Answer.objects.order_by("at")] == ["help", "safe"]


@pytest.mark.parametrize("is_exercise", [True, False], ids=["exercise", "real"])
def test_the_answer_page_breaks_no_rule(pages: Pages, *, is_exercise: bool) -> None:
    person = people.register(phones=["+9613123456"])
    dispatch = people.released(people.crisis(is_exercise=is_exercise))
    addressing.freeze(dispatch.pk)
    seq = Delivery.objects.get(dispatch=dispatch, registrant_id=person.pk).seq
    page = pages.open("/a/" + answer_link(dispatch.pk, seq).rpartition("/")[2], viewport=PHONE)
    assert_usable(page)
    page.get_by_role("button", name="I need help").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We have noted: you need help")
    assert_usable(page)
