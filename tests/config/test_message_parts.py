"""The count shown while typing is the count that will be sent."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page

from notifications.segmenting import segment

BOX = (
    '<textarea id="text"></textarea><p data-counts="message-parts" data-for="text"'
    ' data-parts="parts" data-left="left" data-wide="because of"></p>'
)
READ = """(texts) => texts.map((text) => {
  const box = document.getElementById("text");
  box.value = text;
  box.dispatchEvent(new Event("input", {bubbles: true}));
  const shown = [...document.querySelectorAll("p strong")].map((number) => number.textContent);
  return [Number(shown[0]), Number(shown[1])];
})"""

WRITTEN = [
    "",
    "Stay indoors.",
    *("a" * length for length in (159, 160, 161, 306, 307)),
    *("ا" * length for length in (69, 70, 71, 134, 135)),
    "a" * 152 + "€" + "a" * 152,
    "€" * 80,
    "€" * 81,
    "“Quoted” – with dashes… and\u00a0spaces",
    "«Restez chez vous» — l’ambassade",
    "😀" * 35,
    "😀" * 36,
    "a" * 66 + "😀" + "é" * 10 + "ş",
    "👨\u200d👩\u200d👧" * 12,
    "ก็" * 40,
    "é" * 30 + "ş",
    "e\u0301" * 100,
    "one\ntwo\n",
    "[brackets] ~tilde~ \\ | ^",
]
ALPHABET = "aé€[\n“–ş ا😀\u0301ก็\u200d\u00a0…"


@pytest.fixture
def typing(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.set_content(BOX)
    script = settings.BASE_DIR / "static" / "js" / "console.js"
    page.add_script_tag(content=script.read_text(encoding="utf-8"), type="module")
    yield page
    page.close()


def test_the_page_counts_parts_as_the_sender_cuts_them(typing: Page) -> None:
    drawn = random.Random(20261123)
    texts = WRITTEN + [
        "".join(drawn.choices(ALPHABET, k=drawn.randrange(1, 320))) for _ in range(300)
    ]
    expected = [[len(cut.parts), cut.units_left_in_part] for cut in map(segment, texts)]
    assert typing.evaluate(READ, texts) == expected


def test_a_stray_letter_that_makes_the_message_longer_is_named(typing: Page) -> None:
    typing.fill("#text", "Stay indoors, Ayşe")
    assert "because of ş" in typing.inner_text("p")
    typing.fill("#text", "ابق في المنزل")
    assert "because of" not in typing.inner_text("p")
