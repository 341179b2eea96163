"""What a person reads about their own data: the inventory, their answers and the receipts."""

from __future__ import annotations

import os

import pytest
from django.conf import settings
from playwright.sync_api import expect

from tests import people
from tests.browsing import PHONE, Pages, assert_usable
from tests.journeys.test_portal import sign_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

LANGUAGES = [code for code, _ in settings.LANGUAGES]


@pytest.mark.parametrize("language", LANGUAGES)
def test_inventory_and_receipt_on_a_small_phone(pages: Pages, language: str) -> None:
    people.register(emails=["amal@mail.example"])
    page = pages.open(locale=language, javascript=True, viewport=PHONE)
    page.goto("/what-we-hold/")
    assert_usable(page)
    _look(page, f"inventory-{language}")
    sign_in(page, "amal@mail.example")
    page.goto("/my/choices/")
    assert_usable(page)
    page.locator("main ol a").first.click()
    page.wait_for_url("**/my/choices/receipts/**")
    assert_usable(page)
    _look(page, f"receipt-{language}")
    page.locator("main details summary").click()
    expect(page.locator("main details a")).to_have_count(2)
    assert_usable(page)


def _look(page, name: str) -> None:
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
