"""An officer's morning: set up the app, find somebody, open the record, write, call, leave."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from accounts.models import Role, StaffUser
from demo.smsgateway import SmsGateway
from notifications import sending
from notifications.models import Lane
from registry.models import ContactLogEntry
from tests.accounts.signing_in import PASSWORD, code_of, give_app
from tests.browsing import PHONE, Pages
from tests.people import register, staff

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
TABLET = {"width": 820, "height": 1180}


def assert_usable(page: Page) -> None:
    """No accessibility rule is broken and nothing sticks out of the screen."""
    found = Axe().run(page, options={"runOnly": _RULES}).response["violations"]
    assert [violation["id"] for violation in found] == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def sign_in(page: Page, user: StaffUser, secret: str) -> None:
    """Type address, password and code."""
    page.goto("/staff/login/")
    page.get_by_label("Work e-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code").fill(code_of(secret))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console/people/")


def test_a_new_officer_sets_up_the_app_and_is_in(pages: Pages) -> None:
    user = staff(Role.OFFICER)
    page = pages.open("/console/people/")
    assert_usable(page)
    page.get_by_label("Work e-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Set up your second step")).to_be_visible()
    assert_usable(page)
    page.get_by_text("You cannot scan it?").click()
    secret = page.locator("details code").inner_text().strip()
    page.get_by_label("Code from the app").fill(code_of(secret))
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Spare codes")).to_be_visible()
    assert page.locator("ol code").count() == 10
    assert_usable(page)
    page.get_by_role("link", name="I have written them down").click()
    page.wait_for_url("**/console/people/")
    for name, heading in (("Your sign-in", "Your sign-in"), ("People in your", "People in your")):
        page.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
        assert_usable(page)


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
def test_she_is_found_by_phone_opened_written_to_and_called(
    pages: Pages, sms_gateway: SmsGateway, javascript: bool
) -> None:
    register(given_names="Amal", family_names="Haddad", phones=["+96170123456"])
    user = staff(Role.OFFICER)
    page = pages.open(viewport=TABLET, javascript=javascript)
    sign_in(page, user, give_app(user))
    page.locator("[name=query]").fill("70 123 456")
    page.get_by_role("button", name="Find").click()
    page.wait_for_url("**/found/**")
    assert "123" not in page.url
    expect(page.get_by_text("People found: 1")).to_be_visible()
    if javascript:
        assert_usable(page)
    page.get_by_role("link", name="Amal H…").click()
    page.get_by_text("The person asked for something").click()
    page.get_by_role("button", name="Open the record").click()
    expect(page.get_by_role("heading", level=1, name="Amal Haddad")).to_be_visible()
    assert "Haddad" not in page.title()
    if javascript:
        assert_usable(page)
    record = page.url

    page.get_by_role("link", name="Write a message").click()
    page.get_by_label("Message", exact=True).fill("Your passport is ready.")
    page.get_by_role("button", name="See how it will look").click()
    expect(page.get_by_text("SMS parts: 1").last).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("The message is on its way.")).to_be_visible()
    sending.drain(lane=Lane.URGENT)
    texts = [sms.text for sms in sms_gateway.messages if sms.recipient == "+96170123456"]
    assert "Your passport is ready." in texts

    page.goto(record)
    if not javascript:
        page.get_by_role("link", name="What was sent to this person").click()
    expect(page.get_by_text("Handed over").first).to_be_visible()
    page.goto(record)
    page.get_by_role("link", name="Note a call").click()
    page.get_by_text("Reached: safe").click()
    page.get_by_label("What colleagues should know").fill("She will come on Monday.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("She will come on Monday.")).to_be_visible()
    assert ContactLogEntry.objects.count() == 2

    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/staff/login/**")
    page.go_back()
    expect(page.get_by_text("Haddad")).to_have_count(0)


def test_the_keyboard_alone_is_enough(pages: Pages) -> None:
    register(given_names="Amal", family_names="Haddad", phones=["+96170123456"])
    user = staff(Role.OFFICER)
    page = pages.open()
    sign_in(page, user, give_app(user))
    # The box has the focus: an officer searches a hundred times a day.
    page.keyboard.type("+961 70 123456")
    page.keyboard.press("Enter")
    page.wait_for_url("**/found/**")
    link = page.get_by_role("link", name="Amal H…")
    for _ in range(30):
        page.keyboard.press("Tab")
        if link.evaluate("element => element === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Open a record")).to_be_visible()
    choice = page.get_by_role("radio").first
    for _ in range(30):
        page.keyboard.press("Tab")
        if choice.evaluate("element => element === document.activeElement"):
            break
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Amal Haddad")).to_be_visible()


def test_the_console_reads_from_right_to_left_on_a_phone(pages: Pages) -> None:
    register(given_names="أمل", family_names="حداد", phones=["+96170123456"])
    user = staff(Role.OFFICER)
    page = pages.open(viewport=PHONE)
    sign_in(page, user, give_app(user))
    page.get_by_role("button", name="العربية").click()
    page.goto("/console/district/")
    assert page.evaluate("document.documentElement.dir") == "rtl"
    expect(page.get_by_role("link", name="أمل ح…")).to_be_visible()
    assert_usable(page)
