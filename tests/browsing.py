"""A real browser, and what must never happen on any page it opens."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PHONE = {"width": 360, "height": 740}


def find_chromium() -> Path | None:
    """Return the path of a Chromium on this machine."""
    found = (shutil.which(name) for name in _PROGRAMS)
    return next((Path(path) for path in found if path), None)


def launch(playwright: Playwright, program: Path) -> Browser:
    """Return a running browser without a window."""
    return playwright.chromium.launch(executable_path=str(program), args=_ARGUMENTS)


class Pages:
    """Opens pages on the site, each in a fresh browser profile.

    Script errors, blocked content and requests to other hosts are kept as `faults`; the
    fixture fails the test when there are any.
    """

    def __init__(self, browser: Browser, origin: str) -> None:
        self._browser = browser
        self._origin = origin
        self._contexts: list[BrowserContext] = []
        self.faults: list[str] = []

    def open(
        self,
        path: str | None = None,
        *,
        locale: str = "en",
        javascript: bool = True,
        viewport: dict[str, int] | None = None,
        **options: Any,
    ) -> Page:
        """Return a page of a new visitor, at `path` when one is given.

        `viewport` is {"width", "height"} in CSS pixels, see PHONE; further options are
        those of Playwright's browser context.
        """
        context = self._browser.new_context(
            base_url=self._origin,
            locale=locale,
            java_script_enabled=javascript,
            viewport=viewport or {"width": 1280, "height": 900},  # type: ignore[arg-type]
            **options,
        )
        context.set_default_timeout(15_000)
        self._contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"script error: {error.message}"))
        page.on("console", self._note_console)
        page.on("request", self._note_request)
        if path is not None:
            page.goto(path)
        return page

    def close(self) -> None:
        """Close every page."""
        for context in self._contexts:
            context.close()
        self._contexts = []

    def _note_console(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.faults.append(f"blocked: {message.text}")

    def _note_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https"} and f"{parts.scheme}://{parts.netloc}" != self._origin:
            self.faults.append(f"request to another host: {parts.netloc}")


_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def assert_usable(page: Page) -> None:
    """Assert that the page breaks no accessibility rule and fits the width of the screen."""
    found = Axe().run(page, options={"runOnly": _RULES}).response["violations"]
    assert [violation["id"] for violation in found] == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
