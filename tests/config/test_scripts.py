"""What the scripts add to pages that work without them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, Route

ORIGIN = "http://site.test"
FORM = """
<div data-takes-focus tabindex="-1" id="summary"><a href="#note">There is a problem</a></div>
<a href="/calendar" data-leave id="leave">Leave this page quickly</a>
<form method="post" action="/send" target="frame">
  <textarea id="note" name="note"></textarea>
  <p data-counts="characters" data-for="note" data-limit="5" data-left="left:"
     data-over="over:"></p>
  <button id="send">Send</button>
</form><iframe name="frame" title="answer"></iframe>
"""


class Site:
    """A site of two pages behind the browser, noting what is asked of it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        page.route(f"{ORIGIN}/**", self._answer)

    def _answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        self.asked.append(f"{route.request.method} {path}")
        if path == "/portal.js":
            route.fulfill(path=settings.BASE_DIR / "static" / "js" / "portal.js")
            return
        body = FORM if path == "/form" else f"<h1>{path}</h1>"
        script = '<script type="module" src="/portal.js"></script>'
        route.fulfill(
            body=f"<!doctype html><title>Page</title>{script}{body}", content_type="text/html"
        )


@pytest.fixture
def site(browser: Browser) -> Iterator[Site]:
    page = browser.new_page()
    site = Site(page)
    page.goto(f"{ORIGIN}/before")
    page.goto(f"{ORIGIN}/form")
    yield site
    page.close()


def test_leaving_replaces_the_page_so_that_back_does_not_show_it(site: Site) -> None:
    site.page.click("#leave")
    site.page.wait_for_url(f"{ORIGIN}/calendar")
    site.page.go_back()
    assert site.page.url == f"{ORIGIN}/before"


def test_three_presses_of_escape_leave_and_two_do_not(site: Site) -> None:
    for _press in range(2):
        site.page.keyboard.press("Escape")
    assert site.page.url == f"{ORIGIN}/form"
    site.page.keyboard.press("Escape")
    site.page.wait_for_url(f"{ORIGIN}/calendar")


def test_a_form_pressed_twice_is_sent_once(site: Site) -> None:
    site.page.dblclick("#send")
    site.page.wait_for_function("frames[0].document.querySelector('h1')")
    assert site.asked.count("POST /send") == 1


def test_errors_come_into_focus(site: Site) -> None:
    assert site.page.evaluate("document.activeElement.id") == "summary"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("", "left: 5"), ("abc", "left: 2"), ("زينب", "left: 1"), ("😀😀", "left: 3"),
     ("a\nb", "left: 2"), ("abcdefg", "over: 2")],
)  # fmt: skip
def test_characters_are_counted_as_the_server_does(site: Site, typed: str, shown: str) -> None:
    site.page.fill("#note", typed)
    assert site.page.inner_text("[data-counts]") == shown
