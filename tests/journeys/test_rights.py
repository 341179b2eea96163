"""Rights and lists in a real browser: usable, in both directions."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.models import Role
from audit.recording import Actor
from disclosure.models import Recipient
from encryption.copies import make_recovery_key
from rights.models import Right, Way
from rights.services import ask_for_right
from tests.accounts.signing_in import give_app
from tests.browsing import PHONE, Pages
from tests.journeys.test_console import TABLET, assert_usable
from tests.journeys.test_console import sign_in as sign_in_staff
from tests.journeys.test_portal import sign_in
from tests.people import crisis, register, staff

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.journey]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_she_locks_and_unlocks_her_record_on_a_phone(
    pages: Pages, sms_gateway: object, language: str
) -> None:
    register(phones=["+96170123456"], language=language)
    page = pages.open(locale=language, viewport=PHONE)
    sign_in(page, "+96170123456")
    page.locator('a[href="/my/rights/"]').click()
    assert_usable(page)
    page.locator('form[action="/my/rights/ask/restriction/"] button').click()
    expect(page.locator('form[action="/my/rights/unlock/"]')).to_be_visible()
    assert_usable(page)
    page.locator('form[action="/my/rights/unlock/"] button').click()
    expect(page.locator('form[action="/my/rights/ask/restriction/"]')).to_be_visible()


def test_the_desks_and_lists_are_usable(pages: Pages) -> None:
    person = register(given_names="Amal", family_names="Haddad", phones=["+96170123457"])
    ask_for_right(actor=Actor.person(person.pk), person=person, right=Right.CORRECTION, way=Way.WEB)
    user = staff(Role.OFFICER)
    crisis()
    Recipient.objects.create(name="Evacuation staff", public_key=make_recovery_key()[1])
    page = pages.open(viewport=TABLET)
    sign_in_staff(page, user, give_app(user))
    page.goto("/console/rights/")
    expect(page.get_by_role("link", name="Have something put right")).to_be_visible()
    assert_usable(page)
    page.get_by_role("link", name="Have something put right").click()
    assert_usable(page)
    page.goto("/console/lists/ask/")
    assert_usable(page)
