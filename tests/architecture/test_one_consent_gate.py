"""Whether somebody may be processed is asked of one view, `consent_live`, and of nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

ROOT = Path(settings.BASE_DIR)
EVENTS = re.compile(r"\b(?:ConsentEvent|consent_consentevent|current_states)\b")
# A standing no, which not even an override may always pass over.
NO = re.compile(r"\bconsent_no\b")
GATE = re.compile(r"\b(?:LiveConsent|consent_live)\b")

# Who else may read answers, and what for. None of these decides about anybody.
READERS = {
    "consent/apps.py": "names the events to be sealed",
    "consent/models.py": "describes them",
    "consent/proving.py": "writes them for a court",
    "consent/receipts.py": "shows one to the person, finds whom a receipt names",
    "consent/services.py": "records an answer, and whether it repeats the one before",
    "registry/holdings.py": "copies them for the person",
    "registry/portal_sheet.py": "shows them to the person",
    "registry/selectors.py": "reads them for the person",
    "demo/people.py": "invents people",
    "walls/policies.py": "says which rows of them each role sees",
    "walls/privileges.py": "says who may look up whom a receipt names",
}
# What decides: whom a message is for, whether it still leaves, what a person has switched on.
DECIDING = {
    "notifications/audiences.py",
    "notifications/handing_on.py",
    "notifications/loading.py",
    "registry/selectors.py",
}
# Whom an override may reach, when the audience is frozen and at the hand-over.
OVERRIDING = {"notifications/overridden.py"}


def product_files() -> dict[str, str]:
    """Return the text of each file of the product, migrations left out."""
    apps = {path.parent for path in ROOT.glob("*/apps.py")} | {ROOT / "config"}
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for app in apps
        for path in app.rglob("*.py")
        if "migrations" not in path.parts
    }


def test_answers_are_read_where_nobody_decides() -> None:
    found = {name for name, text in product_files().items() if EVENTS.search(text)}
    assert found == READERS.keys()


def test_whoever_decides_asks_the_view() -> None:
    found = {name for name, text in product_files().items() if GATE.search(text)}
    assert found - {"consent/models.py", "walls/privileges.py"} == DECIDING


def test_only_an_override_asks_who_said_no() -> None:
    found = {name for name, text in product_files().items() if NO.search(text)}
    assert found == OVERRIDING


def test_what_decides_knows_no_other_way() -> None:
    texts = product_files()
    for name in DECIDING - READERS.keys():
        assert not re.search(r"consent_(?!live\b)\w+", texts[name]), name


@pytest.mark.django_db
def test_the_database_has_no_third_view_or_function_over_the_events() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT r.ev_class::regclass::text FROM pg_depend d
                 JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
                WHERE d.refobjid = 'consent_consentevent'::regclass"""
        )
        assert set(cursor.fetchall()) == {("consent_live",), ("consent_no",)}
        cursor.execute(
            """SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
                  AND prosrc ILIKE '%consent_consentevent%'"""
        )
        # Finds whom a receipt names; what they answered it does not say.
        assert cursor.fetchall() == [("consent_subjects_of_receipt",)]
