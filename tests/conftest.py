"""The suite's ground and the fixtures that every part may use.

mailbox, sms_gateway (and exercise_…)   what left, as the outside world received it
celery                                  starts real workers on the test database
live_server, pages, page                the site over HTTP and in a real browser
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from demo.errors import DemoError
from demo.mailbox import Mailbox
from demo.smsgateway import SmsGateway
from tests.ground import Ground

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from pytest_django.live_server_helper import LiveServer
    from pytest_django.plugin import DjangoDbBlocker

    from tests.browsing import Pages
    from tests.workers import CeleryWorkers

_GROUND = pytest.StashKey[Ground]()

# How long one example takes says nothing about right or wrong.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers before anything reads Django's settings."""
    is_controller = bool(getattr(config.option, "tx", None)) and not hasattr(config, "workerinput")
    if is_controller:
        return
    ground = Ground()
    config.stash[_GROUND] = ground
    try:
        ground.start()
    except DemoError as error:
        pytest.exit(f"The servers the suite needs did not start. {error}", returncode=3)
    from django.conf import settings

    assert settings.DATABASES


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers."""
    if _GROUND in config.stash:
        config.stash[_GROUND].stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each test that may use a database use both: people's keys live in the second."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        fixtures = set(getattr(item, "fixturenames", ()))
        if marker is None and not fixtures & {"db", "transactional_db", "live_server"}:
            continue
        arguments: dict[str, Any] = {"databases": "__all__", **(marker.kwargs if marker else {})}
        item.add_marker(pytest.mark.django_db(**arguments), append=False)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Wall the migrated databases, and keep a copy for tests that really commit."""
    from django.core.management import call_command
    from django.test import TransactionTestCase

    from tests import databases

    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        call_command("put_up_walls", verbosity=0)
        databases.keep_copies()
        patch.setattr(
            TransactionTestCase,
            "_fixture_teardown",
            lambda case: databases.put_back(case._databases_names(include_mirrors=False)),
        )
        yield
        databases.drop_copies()


@pytest.fixture(autouse=True)
def _empty_valkey(_ground: Ground) -> None:
    """Nothing counted, cached or queued by one test reaches the next."""
    import redis

    with redis.Redis.from_url(_ground.redis_url) as client:
        client.flushdb()


@pytest.fixture(scope="session")
def _ground(pytestconfig: pytest.Config) -> Ground:
    return pytestconfig.stash[_GROUND]


@pytest.fixture
def mailbox(_ground: Ground) -> Iterator[Mailbox]:
    """The mail server behind MAIL_URL, empty."""
    _ground.mailbox.clear()
    yield _ground.mailbox
    _ground.mailbox.clear()


@pytest.fixture
def exercise_mailbox(_ground: Ground) -> Iterator[Mailbox]:
    """The mail server behind EXERCISE_MAIL_URL, empty."""
    _ground.exercise_mailbox.clear()
    yield _ground.exercise_mailbox
    _ground.exercise_mailbox.clear()


@pytest.fixture
def sms_gateway(request: pytest.FixtureRequest, _ground: Ground) -> Iterator[SmsGateway]:
    """The gateway behind SMS_URL, empty; calls back when the test has a live_server."""
    yield from _gateway(request, _ground.sms_gateway)


@pytest.fixture
def exercise_sms_gateway(request: pytest.FixtureRequest, _ground: Ground) -> Iterator[SmsGateway]:
    """The gateway behind EXERCISE_SMS_URL, empty; calls back like sms_gateway."""
    yield from _gateway(request, _ground.exercise_sms_gateway)


def _gateway(request: pytest.FixtureRequest, gateway: SmsGateway) -> Iterator[SmsGateway]:
    gateway.clear()
    if "live_server" in request.fixturenames:
        gateway.callback_base = request.getfixturevalue("live_server").url
    yield gateway
    gateway.callback_base = None
    gateway.clear()


@pytest.fixture
def celery(transactional_db: None, tmp_path: Path) -> Iterator[CeleryWorkers]:
    """Starts real Celery workers: `celery.start(queues="crisis", children=2)`."""
    from tests.workers import CeleryWorkers

    workers = CeleryWorkers(tmp_path)
    yield workers
    workers.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window, started once."""
    from playwright.sync_api import sync_playwright

    from tests import browsing

    program = browsing.find_chromium()
    if program is None:
        pytest.fail("Chromium is missing: install the Debian package 'chromium'.")
    # Playwright keeps an event loop in this thread; Django would refuse to query under it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = browsing.launch(playwright, program)
        yield browser
        browser.close()


@pytest.fixture
def pages(browser: Browser, live_server: LiveServer) -> Iterator[Pages]:
    """Opens pages as new visitors; the test fails when a page broke a rule of the house."""
    from tests.browsing import Pages

    pages = Pages(browser, live_server.url)
    yield pages
    pages.close()
    assert not pages.faults


@pytest.fixture
def page(pages: Pages) -> Page:
    """One page of a new visitor, not yet anywhere."""
    return pages.open()
