"""An author asks, an approver lets it begin, the officer reviews: without a line of script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role, StaffUser
from crises.models import VitalInterestOverride
from demo.smsgateway import SmsGateway
from notifications import addressing, sending
from notifications.models import Lane
from notifications.telling_overridden import tell_overridden
from tests.accounts.signing_in import PASSWORD, code_of, give_app
from tests.browsing import PHONE, Pages, assert_usable
from tests.crises.test_overriding import let_pass
from tests.notifications.test_overridden import LATER
from tests.people import crisis, register, released, staff

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def sign_in(page: Page, user: StaffUser, *, home: str = "/ministry/") -> Page:
    """Type address, password and code, and arrive where the role's work begins."""
    secret = give_app(user)
    page.goto("/staff/login/")
    page.locator("[name=login]").fill(user.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.locator("[name=code]").fill(code_of(secret))
    page.locator("main form button").first.click()
    page.wait_for_url(f"**{home}")
    return page


def choose(page: Page, label: str) -> None:
    page.get_by_text(label, exact=True).click()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_three_people_carry_an_override_from_its_reason_to_its_review(
    pages: Pages, sms_gateway: SmsGateway
) -> None:
    here = crisis()
    register()
    register(phones=["+96170100009"], consents={}, language="ar")
    author = sign_in(pages.open(javascript=True), staff(Role.AUTHOR))
    author.goto(f"/ministry/crises/{here.public_id}/")
    author.get_by_role("link", name="Alert people who did not agree").click()
    press(author, "Ask for it")
    assert_usable(author)
    choose(author, "Protecting somebody's life")
    author.get_by_label("Article and paragraph").fill("Crisis Act, section 4")
    author.get_by_label("What danger are they in?").fill("The dam above the town is breaking.")
    author.get_by_label("Why is there no other way?").fill("Nobody can be asked in time.")
    choose(author, "Phone numbers")
    author.get_by_label("How many people may it reach at most?").fill("500")
    press(author, "Ask for it")
    assert_usable(author)
    override = VitalInterestOverride.objects.get()

    approver = sign_in(pages.open(javascript=False), staff(Role.APPROVER))
    approver.goto(f"/ministry/overrides/{override.public_id}/")
    approver.get_by_label("Type how many people it may reach at most").fill("500")
    press(approver, "Let it begin")
    expect(approver.locator(".tile").first).to_contain_text("23")

    dispatch = released(here)
    addressing.freeze(dispatch.pk)
    sending.drain(lane=Lane.CRISIS)
    assert len(sms_gateway.messages) == 2
    author.goto(f"/ministry/overrides/{override.public_id}/")
    assert_usable(author)
    press(author, "End it now")
    assert_usable(author)

    let_pass(override, LATER)
    assert tell_overridden() == 1
    officer = pages.open(viewport=PHONE)
    sign_in(officer, staff(Role.DATA_PROTECTION), home="/console/looks/")
    officer.goto(f"/ministry/overrides/{override.public_id}/")
    choose(officer, "It was needed")
    assert_usable(officer)
    press(officer, "Save the review")
    expect(officer.get_by_text("Over and reviewed")).to_be_visible()
    officer.goto("/ministry/overrides/")
    assert_usable(officer)
