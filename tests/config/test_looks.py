"""The look: bases, components, error pages, stylesheets and the colours they are made of."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.core.paginator import Paginator
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone, translation
from playwright.sync_api import Browser
from pytest_django.fixtures import Settings

from config.settings import base as production
from tests.config.test_rendering import EveryShapeForm, bound

ROOT: Path = settings.BASE_DIR
LANGUAGES = [code for code, _name in settings.LANGUAGES]
STATUSES = ["400", "403", "403_csrf", "404", "413", "429", "500", "503"]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

EVERY_COMPONENT = """
{% include "components/back.html" with href="/" %}
<h1 class="govuk-heading-l">A page with everything</h1>
{% include "components/notification.html" with text="Done." kind="success" %}
{% include "components/notification.html" with text="Look." kind="warning" heading="Note" %}
{% include "components/notification.html" with text="News." %}
{% include "components/inset.html" with text="An aside." %}
{% include "components/warning.html" with text="This cannot be undone." %}
{% include "components/tag.html" with text="Safe" colour="green" %}
{% include "components/tag.html" with text="Needs help" colour="red" %}
{% include "components/tag.html" with text="Skipped" colour="amber" %}
{% include "components/tag.html" with text="Handed over" colour="blue" %}
{% include "components/tag.html" with text="Exercise" colour="violet" %}
{% include "components/tag.html" with text="Post" colour="teal" %}
{% include "components/tag.html" with text="Queued" %}
{% include "components/summary_list.html" with caption="What we hold" %}
{% include "components/masked.html" with text="•••• ••56" direction="ltr" %}
{% include "components/timeline.html" %}
{% include "components/table.html" with caption="By area" rows=cells %}
{% include "components/tile.html" with label="In the area" low=3100 likely=4200 high=5600 %}
{% include "components/tile.html" with label="Need help" value=14 kind="bad" href="/help" %}
{% include "components/progress.html" with label="SMS" value=3 most=10 id="sms" %}
{% include "components/pagination.html" %}
{% include "components/empty.html" with heading="Nobody" text="Yet." href="/add" action="Add" %}
<form method="post" novalidate>
{{ form }}{% include "components/button.html" with text="Go on" %}
</form>
{% include "components/button.html" with text="Erase" kind="warning" %}
{% include "components/button.html" with text="Later" kind="secondary" href="/later" %}
"""


def page_on(base: str, language: str, **context: Any) -> str:
    """The HTML of a page with every component on it."""
    source = f"{{% extends '{base}' %}}{{% block content %}}{EVERY_COMPONENT}{{% endblock %}}"
    request = RequestFactory().get("/somewhere/")
    request.user = AnonymousUser()
    with translation.override(language):
        return engines["django"].from_string(source).render(
            {
                "rows": [
                    {"label": "Phone", "value": "+961 3 123456", "direction": "ltr",
                     "href": "/change", "action": "Change"},
                    {"label": "Note", "value": "one\ntwo", "is_text": True},
                ],
                "entries": [{"at": timezone.now(), "title": "Confirmed", "text": "t", "by": "b"}],
                "head": [{"text": "Area"}, {"text": "Reached", "is_number": True}],
                "cells": [["Beirut", {"text": 120, "is_number": True}]],
                "page": Paginator(range(100), 10).page(2),
                "form": EveryShapeForm(),
                **context,
            },
            request,
        )  # fmt: skip


@pytest.mark.parametrize(("state", "width"), [("fresh", 320), ("wrong", 1280), ("exercise", 320)])
@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(
    ("base", "sheet"),
    [
        ("base_portal.html", "portal"),
        ("base_console.html", "console"),
        ("base_ministry.html", "console"),
        ("base_message.html", "answer"),
    ],
)
def test_every_base_with_every_component_passes_wcag(
    browser: Browser, base: str, sheet: str, language: str, state: str, width: int
) -> None:
    form = bound() if state == "wrong" else EveryShapeForm()
    html = page_on(base, language, form=form, is_exercise=state == "exercise")
    mirrored = ".rtl" if language == "ar" and sheet != "answer" else ""
    # Without motion: a colour on its way to another would be measured half-way.
    page = browser.new_page(viewport={"width": width, "height": 800}, reduced_motion="reduce")
    page.set_content(html)
    page.add_style_tag(path=ROOT / "static" / "css" / f"{sheet}{mirrored}.css")
    # Tables may be scrolled in their frame; the page itself never sideways.
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"runOnly": WCAG}).response["violations"]
    page.close()
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


@pytest.mark.parametrize("base", ["portal", "console", "ministry", "message"])
def test_an_exercise_says_so_on_every_base_and_nothing_else_does(base: str) -> None:
    name = f"base_{base}.html"
    assert "EXERCISE" in page_on(name, "en", is_exercise=True)
    assert "EXERCISE" not in page_on(name, "en", is_exercise=False)


def test_the_page_with_an_error_says_so_in_its_title() -> None:
    assert "<title>Error: " in page_on("base_portal.html", "en", form=bound())
    assert "<title>Error: " not in page_on("base_portal.html", "en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", STATUSES)
def test_error_pages_come_out_without_any_context(status: str, language: str) -> None:
    with translation.override(language):
        html = render_to_string(f"{status}.html")
    assert f'lang="{language}"' in html
    assert re.search(r"<h1>\s*\S", html)
    assert "{%" not in html


# --- what no template may have ------------------------------------------------

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_has_no_inline_style_script_or_other_host(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=|<style|\son[a-z]+\s*=\s*[\"']|javascript:", source)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", source))
    assert not re.search(r"(?:src|href|action)=[\"'](?:https?:)?//", source)


# --- what is served -----------------------------------------------------------

BUILT = sorted([*(ROOT / "static").rglob("*.css"), *(ROOT / "static").rglob("*.js")])
MOST_BYTES_GZIPPED = {
    "portal.css": 12_288,
    "portal.rtl.css": 12_288,
    "console.css": 12_288,
    "console.rtl.css": 12_288,
    "answer.css": 3_072,
    "portal.js": 2_048,
    "console.js": 4_096,
}


@pytest.mark.parametrize("path", BUILT, ids=lambda path: path.name)
def test_what_is_served_is_small_and_asks_nobody_else(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert len(gzip.compress(source.encode())) <= MOST_BYTES_GZIPPED[path.name]
    assert "sourceMappingURL" not in source
    assert "@font-face" not in source
    assert not re.search(r"url\((?![\"']?data:)|@import", source)
    assert set(re.findall(r"https?://[\w./]+", source)) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"crown|GDS Transport|GOV\.UK", source, re.IGNORECASE)


def test_production_can_collect_and_name_every_file(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = production.STORAGES
    call_command("collectstatic", interactive=False, verbosity=0)
    manifest = json.loads((tmp_path / "staticfiles.json").read_text(encoding="utf-8"))["paths"]
    for path in (ROOT / "static").rglob("*.*"):
        hashed = manifest[str(path.relative_to(ROOT / "static"))]
        assert (tmp_path / hashed).is_file()


# --- colours ------------------------------------------------------------------

TEXT_ON_GROUND = [
    ("ink", "paper"), ("ink", "ground"), ("ink-soft", "paper"), ("ink-soft", "ground"),
    ("ink", "accent-pale"), ("brand-darkest", "accent"), ("brand-darkest", "brand-pale"),
    ("paper", "brand"), ("paper", "brand-deep"), ("brand", "paper"), ("brand", "ground"),
    ("brand-deep", "brand-pale"), ("paper", "ministry"), ("paper", "ministry-deep"),
    ("ministry", "paper"), ("ministry-deep", "ministry-pale"), ("good", "good-pale"),
    ("good", "paper"), ("paper", "good"), ("bad", "bad-pale"), ("bad", "paper"), ("paper", "bad"),
    ("bad-deep", "bad-pale"), ("ink", "bad-pale"), ("wait", "wait-pale"), ("wait", "paper"),
    ("paper", "wait"), ("blue", "blue-pale"), ("ink", "grey-pale"), ("exercise", "exercise-pale"),
    ("exercise-deep", "paper"), ("paper", "exercise"), ("paper", "exercise-deep"),
    ("ink", "exercise-pale"), ("ink-soft", "exercise-pale"), ("brand", "exercise-pale"),
    ("paper", "crisis"),
]  # fmt: skip
EDGES = [
    ("field-line", "paper"), ("field-line", "bad-pale"), ("brand-darkest", "paper"),
    ("brand-darkest", "ground"), ("accent", "brand-deep"), ("accent", "ministry-deep"),
]  # fmt: skip


def _colours() -> dict[str, str]:
    theme = (ROOT / "frontend" / "scss" / "_theme.scss").read_text(encoding="utf-8")
    return dict(re.findall(r"^\$([a-z-]+): (#[0-9a-f]{6});", theme, re.MULTILINE))


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_text_can_be_read_on_its_ground(text: str, ground: str) -> None:
    colours = _colours()
    assert _contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize(("edge", "ground"), EDGES)
def test_edges_of_controls_and_focus_can_be_seen(edge: str, ground: str) -> None:
    colours = _colours()
    assert _contrast(colours[edge], colours[ground]) >= 3


def test_contrast_is_measured_as_wcag_defines_it() -> None:
    assert _contrast("#ffffff", "#000000") == pytest.approx(21)
    assert _contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
