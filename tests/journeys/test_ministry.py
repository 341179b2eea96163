"""A night at the ministry: open, place, write, hand over, approve, watch, take back."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import Role, StaffUser
from audit.recording import Actor
from demo.mailbox import Mailbox
from demo.smsgateway import SmsGateway
from notifications import addressing, receiving, sending
from notifications.models import (
    AnswerState,
    AnswerVia,
    Broadcast,
    BroadcastKind,
    BroadcastState,
    Dispatch,
    Lane,
)
from notifications.services.answering import record_answer
from tests.accounts.signing_in import PASSWORD, code_of, give_app
from tests.browsing import Pages
from tests.people import crisis, register, released, staff, submitted

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DESK = {"width": 1280, "height": 900}
TABLET = {"width": 820, "height": 1180}


def assert_usable(page: Page) -> None:
    """No accessibility rule is broken and nothing sticks out of the screen."""
    found = Axe().run(page, options={"runOnly": _RULES}).response["violations"]
    assert [violation["id"] for violation in found] == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def sign_in(page: Page, user: StaffUser, path: str = "/ministry/") -> Page:
    """Type address, password and code, and go to a page."""
    secret = give_app(user)
    page.goto("/staff/login/")
    page.locator("[name=login]").fill(user.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.locator("[name=code]").fill(code_of(secret))
    page.locator("main form button").first.click()
    page.wait_for_url("**/ministry/")
    if path != "/ministry/":
        page.goto(path)
    return page


def send_all(dispatch: Dispatch) -> None:
    """What the workers do."""
    addressing.freeze(dispatch.pk)
    sending.drain(lane=Lane.CRISIS)


def tile(page: Page, label: str) -> str:
    """Return the number on a tile of the board."""
    found = page.locator(".tile").filter(
        has=page.locator(".tile__label", has_text=re.compile(f"^{label}$"))
    )
    return found.locator(".tile__value").inner_text()


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
def test_two_people_alert_a_city_and_see_the_answers(
    pages: Pages, sms_gateway: SmsGateway, mailbox: Mailbox, javascript: bool
) -> None:
    amal = register(phones=["+96170100001"], language="ar")
    register(phones=["+96170100002"], emails=["bo@people.example"], language="en")
    register(country="TR", area="TR-34", phones=["+905321234567"])

    author = sign_in(pages.open(javascript=javascript), staff(Role.AUTHOR))
    author.get_by_role("link", name="Open a real crisis").click()
    author.get_by_label("Title").fill("Fire in the port of Beirut")
    author.get_by_text("3 – Act").click()
    author.get_by_role("button", name="Open the crisis").click()
    expect(author.get_by_role("heading", name="Where is it?")).to_be_visible()
    author.get_by_label("Country").select_option("LB")
    if javascript:
        expect(author.get_by_text("All of Lebanon")).to_be_visible()
    else:
        author.get_by_role("button", name="Show its areas").click()
    author.locator("#areas").get_by_text("Beirut", exact=True).click()
    author.get_by_role("button", name="Add to the list").click()
    expect(author.get_by_text("1 place added.")).to_be_visible()
    author.get_by_role("link", name="The list is complete").click()

    author.get_by_role("link", name="Write an alert").click()
    author.get_by_label("How bad is it?").select_option("Extreme")
    author.get_by_label("How soon must people act?").select_option("Immediate")
    author.get_by_label("How sure is it?").select_option("Observed")
    author.get_by_label("How many people do you expect").fill("2")
    author.get_by_label("Which language does everybody else get?").select_option("en")
    for code, subject, sms in (
        ("en", "Fire in Beirut", "Fire in Beirut. Stay inside."),
        ("ar", "حريق في بيروت", "حريق في بيروت. ابقوا في الداخل."),
    ):
        author.locator(f"[name=subject_{code}]").fill(subject)
        author.locator(f"[name=email_{code}]").fill(f"{subject}.")
        author.locator(f"[name=sms_{code}]").fill(sms)
    if javascript:
        # Counted by the server while typing: the short alphabet, and the long one.
        expect(author.locator("#parts-en")).to_contain_text("has 1 part")
        expect(author.locator("#parts-ar")).to_contain_text("has 2 parts")
        expect(author.locator("#previews")).to_contain_text("sample-link-not-in-use")
    author.get_by_role("button", name="Save and see whom it reaches").click()
    expect(author.get_by_text("The message is sent to 2 people.")).to_be_visible()
    author.get_by_role("button", name="Hand over for approval").click()
    expect(author.get_by_text("Another person must approve it now.")).to_be_visible()
    broadcast = Broadcast.objects.get()
    assert broadcast.state == BroadcastState.SUBMITTED

    author.goto(reverse("ministry:broadcast-approve", args=[broadcast.public_id]))
    expect(author.get_by_text("You wrote this message.")).to_be_visible()

    approver = sign_in(pages.open(javascript=javascript), staff(Role.APPROVER))
    approver.get_by_role("link", name="1 message is waiting for a second person").click()
    approver.get_by_role("link", name="Alert: Fire in the port of Beirut").click()
    expect(approver.get_by_text("Fire in Beirut. Stay inside.")).to_be_visible()
    approver.get_by_label("Type the number of people this goes to").fill("2")
    approver.get_by_role("button", name="Release the real message").click()
    expect(approver.get_by_role("heading", name="Live board")).to_be_visible()

    dispatch = Dispatch.objects.get()
    send_all(dispatch)
    arabic, english = sorted(sms_gateway.messages, key=lambda sms: sms.recipient)
    assert "ابقوا في الداخل" in arabic.text
    assert "Stay inside" in english.text
    (mail,) = mailbox.messages
    assert mail.recipients == ("bo@people.example",)

    record_answer(
        actor=Actor.person(amal.pk),
        crisis_id=dispatch.crisis_id or 0,
        person_ids=[amal.pk],
        state=AnswerState.HELP,
        via=AnswerVia.LINK,
    )
    if javascript:
        # Nobody reloads by hand.
        need_help = approver.locator(".tile--bad").first.locator(".tile__value")
        expect(need_help).to_have_text("1", timeout=20_000)
    else:
        # The board may be a second old, so that many can look at it at once.
        approver.wait_for_timeout(1500)
        approver.get_by_role("link", name="Refresh", exact=True).click()
    assert tile(approver, "Need help") == "1"
    assert tile(approver, "No answer yet") == "1"
    assert tile(approver, "People in the audience") == tile(approver, "Reached") == "2"
    approver.get_by_role("link", name="Need help").click()
    expect(approver.get_by_role("link", name=str(amal.pk))).to_be_visible()

    author.goto(reverse("ministry:board-show", args=[broadcast.public_id]))
    author.get_by_role("button", name="It was wrong: prepare a cancel").click()
    expect(author.get_by_text("Exactly those the earlier message reached")).to_be_visible()
    author.get_by_role("button", name="Hand over for approval").click()
    cancel = Broadcast.objects.get(kind=BroadcastKind.CANCEL)
    assert cancel.submitted_count == 2


def test_an_answer_by_sms_reaches_the_board_by_itself(
    pages: Pages, sms_gateway: SmsGateway
) -> None:
    register(phones=["+96170100001"])
    dispatch = released(crisis())
    assert dispatch.broadcast is not None
    page = sign_in(
        pages.open(),
        staff(Role.APPROVER),
        reverse("ministry:board-show", args=[dispatch.broadcast.public_id]),
    )
    send_all(dispatch)
    sms_gateway.reply("+96170100001", "SAFE")
    sms_gateway.callbacks.wait_until_taken()
    receiving.apply_inbound()
    safe = page.locator(".tiles").nth(1).locator(".tile--good .tile__value")
    expect(safe).to_have_text("1", timeout=20_000)


@pytest.mark.parametrize(
    ("viewport", "language", "is_exercise"),
    [
        pytest.param(DESK, "en", False, id="desk-en-real"),
        pytest.param(DESK, "ar", True, id="desk-ar-exercise"),
        pytest.param(TABLET, "en", True, id="tablet-en-exercise"),
        pytest.param(TABLET, "ar", False, id="tablet-ar-real"),
    ],
)
def test_every_page_is_usable(
    pages: Pages, viewport: dict[str, int], language: str, is_exercise: bool
) -> None:
    for _ in range(3):
        register()
    in_crisis = crisis(("LB", None), excluded=[("LB", "LB-JL")], is_exercise=is_exercise)
    waiting = submitted(in_crisis)
    sent = released(in_crisis)
    assert sent.broadcast is not None
    page = pages.open(viewport=viewport, locale=language)
    both = staff(Role.AUTHOR)
    both.mandates.create(role=Role.APPROVER)
    sign_in(page, both)
    crisis_id, sent_id = in_crisis.public_id, sent.broadcast.public_id
    addresses = [
        reverse("ministry:crisis-list"),
        reverse("ministry:exercise-open" if is_exercise else "ministry:crisis-open"),
        reverse("ministry:approval-list"),
        *(
            reverse(f"ministry:{name}", args=[crisis_id])
            for name in (
                *("crisis-show", "crisis-level", "crisis-estimate", "crisis-close"),
                "crisis-places",
            )
        ),
        reverse("ministry:crisis-places", args=[crisis_id]) + "?country=GB",
        reverse("ministry:broadcast-write", args=[crisis_id, "alert"]),
        reverse("ministry:broadcast-show", args=[waiting.public_id]),
        reverse("ministry:broadcast-approve", args=[waiting.public_id]),
        reverse("ministry:board-show", args=[sent_id]),
        reverse("ministry:board-steer", args=[sent_id, "stop"]),
        reverse("ministry:help-list", args=[sent_id]),
    ]
    for address in addresses:
        page.goto(address)
        assert_usable(page)
    # With every error there can be at once.
    page.goto(reverse("ministry:broadcast-write", args=[crisis_id, "alert"]))
    page.locator("[name=sms_en]").fill("Beirut {")
    page.locator("#words button").first.click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    assert_usable(page)


def test_a_release_needs_no_mouse(pages: Pages) -> None:
    register()
    broadcast = submitted(crisis())
    page = sign_in(
        pages.open(),
        staff(Role.APPROVER),
        reverse("ministry:broadcast-approve", args=[broadcast.public_id]),
    )

    def tab_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.name || document.activeElement.innerText") in (
                name,
            ):
                return
        raise AssertionError(f"{name} cannot be reached by keyboard")

    tab_to("typed_count")
    page.keyboard.type("1")
    tab_to("Release the real message")
    page.keyboard.press("Enter")
    page.wait_for_url("**/board/")
    tab_to("Stop")
    page.keyboard.press("Enter")
    page.wait_for_url("**/stop/")
    tab_to("Stop for good")
    page.keyboard.press("Enter")
    expect(page.get_by_text("What has left cannot be called back.").first).to_be_visible()
    assert Dispatch.objects.get().state == "cancelled"
