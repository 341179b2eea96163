"""What the catalogue says is held, is what the code holds; what is forbidden is nowhere."""

from __future__ import annotations

import re
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import models
from django_cryptography.fields import EncryptedMixin, PickledField

from encryption.fields import SealedField

CATALOGUE = Path(settings.BASE_DIR) / "docs" / "data-catalogue.md"

FORBIDDEN = re.compile(
    r"immigration|residence_?permit|legal_status|irregular|undocumented|ethnic|race$|tribe|caste"
    r"|religio|faith|politic|party_|opinion|belief|ip_?addr|remote_addr|user_agent",
    re.IGNORECASE,
)


def our_models() -> list[type[models.Model]]:
    own = {path.parent.name for path in Path(settings.BASE_DIR).glob("*/apps.py")}
    return [
        model
        for model in apps.get_models()
        # Other tests describe models of their own, which have no table.
        if model._meta.app_label in own and not model.__module__.startswith("tests.")
    ]


def sealed_columns() -> set[tuple[str, str]]:
    return {
        (model._meta.db_table, str(field.column))
        for model in our_models()
        for field in model._meta.concrete_fields
        if isinstance(field, SealedField)
    }


def listed_columns() -> set[tuple[str, str]]:
    section = CATALOGUE.read_text(encoding="utf-8").split("## Sealed columns")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\w+) \| (\w+) \|", section, re.MULTILINE)
    return {row for row in rows if row != ("table", "column")}


def test_every_sealed_column_is_in_the_catalogue_and_the_reverse() -> None:
    assert sealed_columns() == listed_columns()
    assert len(sealed_columns()) > 10


def test_no_field_uses_the_cipher_layer_that_was_replaced() -> None:
    for model in our_models():
        for field in model._meta.concrete_fields:
            assert not isinstance(field, PickledField)
            assert isinstance(field, SealedField) or not isinstance(field, EncryptedMixin)


def test_no_model_has_a_forbidden_field() -> None:
    named = [
        f"{model._meta.label}.{field.name}"
        for model in our_models()
        for field in model._meta.get_fields()
        if FORBIDDEN.search(field.name)
    ]
    assert named == []


def test_no_form_asks_a_forbidden_thing() -> None:
    root = Path(settings.BASE_DIR)
    names = []
    for path in [*root.glob("*/forms*.py"), *root.glob("*/forms/*.py")]:
        for name in re.findall(
            r"^    (\w+)\s*=\s*\w*\.?\w*Field\(", path.read_text(), re.MULTILINE
        ):
            if FORBIDDEN.search(name):
                names.append(f"{path.name}: {name}")
    assert names == []


def test_the_pattern_would_notice() -> None:
    for name in ("immigration_status", "ethnicity", "religion", "political_opinion", "ip_address"):
        assert FORBIDDEN.search(name)
