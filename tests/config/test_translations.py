"""Everything people read is translated, completely, into every language offered."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings

KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop", "_now")),
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
}
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]
_SLOT = re.compile(r"%\(\w+\)[sd]|%[sd]|\{[a-z_]+\}")


def folder(language: str) -> Path:
    return Path(settings.BASE_DIR) / "locale" / language / "LC_MESSAGES"


def catalogue(language: str) -> Catalog:
    with open(folder(language) / "django.po", "rb") as file:
        return read_po(file)


def texts_of(message: Message) -> tuple[list[str], list[str]]:
    source = [message.id] if isinstance(message.id, str) else list(message.id)
    said = message.string or ""
    target = [said] if isinstance(said, str) else list(said)
    return source, target


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_missing_or_guessed(language: str) -> None:
    messages = [message for message in catalogue(language) if message.id]
    assert len(messages) > 500
    missing = [str(m.id)[:60] for m in messages if m.fuzzy or not all(texts_of(m)[1])]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_slot_is_kept(language: str) -> None:
    broken = []
    for message in catalogue(language):
        if not message.id:
            continue
        source, target = texts_of(message)
        wanted = set(_SLOT.findall(source[-1]))
        # A singular may leave the number out.
        spare = wanted if len(source) > 1 else set()
        for text in target:
            found = set(_SLOT.findall(text))
            if not wanted - spare <= found <= wanted | set(_SLOT.findall(source[0])):
                broken.append(str(message.id)[:60])
    assert broken == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    with open(folder(language) / "django.mo", "rb") as file:
        compiled = read_mo(file)
    for message in catalogue(language):
        if message.id and not message.fuzzy:
            found = compiled.get(message.id if isinstance(message.id, str) else message.id[0])
            assert found is not None, message.id
            assert texts_of(found)[1] == texts_of(message)[1], message.id


def test_every_language_has_the_same_messages() -> None:
    known = {
        language: {str(message.id) for message in catalogue(language)} for language in LANGUAGES
    }
    for language in LANGUAGES:
        assert known[language] == known[LANGUAGES[0]], language


def strings_in_code() -> set[str]:
    """Return what the code and the templates mark for translation."""
    root = Path(settings.BASE_DIR)
    found = set()
    apps = [path.parent for path in root.glob("*/__init__.py") if path.parent.name != "tests"]
    for path in (file for app in apps for file in app.rglob("*.py")):
        if "benchmarks" in path.parts:
            continue
        with open(path, "rb") as file:
            for _line, _name, text, _comments in extract("python", file, KEYWORDS):
                words: Any = text
                # A call without a literal translates what was marked elsewhere.
                if words:
                    found.add(words if isinstance(words, str) else words[0])
    for path in [*root.glob("templates/**/*.html"), *root.glob("*/templates/**/*.html")]:
        content = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'{%-? *translate "((?:[^"\\\\]|\\\\.)+)"', content))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_in_the_code_is_in_the_catalogue(language: str) -> None:
    known = {
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue(language)
    }
    assert sorted(strings_in_code() - known) == []
