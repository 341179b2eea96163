"""Finding by name through the finder, from the search box to the masked rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Role
from audit.models import AuditEvent
from audit.recording import Actor
from registry.finding import choosing
from registry.finding.process import Finder
from registry.looking import search
from registry.models import Registrant
from registry.services.erasing import erase_person
from tests.people import register, staff
from tests.registry.consoles import look_for, officer, words_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def finder(tmp_path: Path, settings: Settings) -> Iterator[None]:
    """A real finder that follows the register closely."""
    settings.FINDER_SOCKET = str(tmp_path / "finder")
    process = Finder(settings.FINDER_SOCKET, every=0.1)
    running = threading.Thread(target=process.run)
    running.start()
    yield
    choosing.finder().close()
    process.stop()
    running.join()


def wait_for(browser: Client, text: str, shown: str) -> str:
    """Search until the page shows something, and return the page."""
    deadline = time.monotonic() + 30
    while shown not in (page := words_of(look_for(browser, text))):
        assert time.monotonic() < deadline, "the finder did not follow"
        time.sleep(0.1)
    return page


@pytest.mark.usefixtures("finder")
@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("Amal Haddad", "Name"),
        ("hadad amal", "Name"),
        ("أمل حداد", "Name, in another script"),
        ("Amal Haddad 1990", "Name"),
    ],
)
def test_a_name_is_found_in_any_spelling_and_says_why(typed: str, why: str) -> None:
    register(given_names="Amal", family_names="Haddad", birth={"year": 1990})
    page = wait_for(officer(), typed, "Amal H…")
    assert why in page
    assert "Haddad" not in page.replace(f'value="{typed}"', "")
    event = AuditEvent.objects.filter(act="registry.people-searched").latest("pk")
    assert (event.detail["kind"], event.detail["rows"]) == ("name", 1)
    assert not event.detail["is_finder_down"]


@pytest.mark.usefixtures("finder")
def test_another_post_finds_nobody_by_name() -> None:
    register(given_names="Amal", family_names="Haddad")
    wait_for(officer("beirut"), "Amal Haddad", "Amal H…")
    page = words_of(look_for(officer("paris"), "Amal Haddad"))
    assert "Nobody in your district matches this" in page


@pytest.mark.usefixtures("finder")
def test_somebody_the_finder_still_remembers_is_not_shown_when_erased_or_closed() -> None:
    gone = register(given_names="Amal", family_names="Haddad")
    closed = register(given_names="Amal", family_names="Haddad")
    user = staff(Role.OFFICER)
    deadline = time.monotonic() + 30
    while len(search(user, "Amal Haddad").rows) < 2:
        assert time.monotonic() < deadline, "the finder did not follow"
        time.sleep(0.1)
    erase_person(actor=Actor.person(gone.pk), person=gone)
    Registrant.objects.filter(pk=closed.pk).update(restricted_at=gone.registered_at)
    assert search(user, "Amal Haddad").rows == []
