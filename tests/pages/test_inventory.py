"""The public inventory says what the code holds, in every language."""

from __future__ import annotations

import html

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from pages.inventory import GROUPS, columns_held
from registry.retaining import RULES
from tests.architecture.test_data_catalogue import sealed_columns
from tests.registry.portal_visits import text_of

pytestmark = pytest.mark.django_db

# Sealed for the house's own use and about nobody who is registered.
NOT_OF_PEOPLE: set[tuple[str, str]] = set()


def test_every_sealed_column_stands_in_exactly_one_holding() -> None:
    held = columns_held()
    assert len(held) == len(set(held))
    assert set(held) == sealed_columns() - NOT_OF_PEOPLE


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
def test_anybody_may_read_it_in_their_language(client: Client, language: str) -> None:
    client.post("/language/", {"language": language, "next": "/"})
    answer = client.get("/what-we-hold/")
    assert answer.status_code == 200
    page = text_of(answer)
    with translation.override(language):
        for group in GROUPS:
            assert str(group.title) in html.unescape(page)
        for rule in RULES:
            assert str(rule.what) in html.unescape(page)
    assert len(answer.content) < 60_000
    assert f'lang="{language}"' in page
    if language != "en":
        assert "Who may see it" not in page


def test_the_portal_leads_there(client: Client) -> None:
    assert "/what-we-hold/" in text_of(client.get("/"))
