"""Each condition of the live-consent view carries weight: without it, somebody is let through."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from audit.recording import Actor
from consent.models import ConsentEvent, LiveConsent, Purpose
from consent.services import record_answers
from encryption.identifiers import new_id

pytestmark = pytest.mark.django_db

SMS, MAIL = "crisis_alert_sms", "crisis_alert_email"
# What is taken out of the view, and what is left in its place.
MISSING = {
    "the answer was yes": ("latest.state IN ('given', 'renewed')", "true"),
    "the words are as new as the last material change": (
        "latest.purpose_version >= p.material_version",
        "true",
    ),
    "it has not run out": ("latest.valid_until > now()", "true"),
    "it is the latest answer": ("id DESC", "id ASC"),
    "of that purpose": ("p.code = latest.purpose_id", "p.code IS NOT NULL"),
    "of each purpose apart": ("DISTINCT ON (purpose_id, subject_id)", "DISTINCT ON (subject_id)"),
    "of each person apart": ("DISTINCT ON (purpose_id, subject_id)", "DISTINCT ON (purpose_id)"),
}
VIEW = """
    CREATE OR REPLACE VIEW consent_live WITH (security_invoker = true) AS
    SELECT latest.purpose_id AS purpose_code, latest.subject_id, latest.id AS proof_id
      FROM (SELECT DISTINCT ON (purpose_id, subject_id)
                   purpose_id, subject_id, id, state, purpose_version, valid_until
              FROM consent_consentevent
             ORDER BY purpose_id, subject_id, id DESC) AS latest
      JOIN consent_purpose p ON p.code = latest.purpose_id
     WHERE latest.state IN ('given', 'renewed')
       AND latest.purpose_version >= p.material_version
       AND latest.valid_until > now()"""


class Undone(Exception):
    """Ends a transaction whose changes are not to stay."""


@contextmanager
def view(sentence: str) -> Iterator[None]:
    """Replace the view for a while."""
    with pytest.raises(Undone), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(sentence)
        yield
        raise Undone


def definition() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_viewdef('consent_live'::regclass)")
        return str(cursor.fetchone()[0])


def answered(*answers: tuple[str, bool]) -> UUID:
    person = new_id()
    for purpose, is_yes in answers:
        record_answers(
            actor=Actor.person(person),
            subject_id=person,
            language="en",
            answers={purpose: is_yes},
            channel="web",
            method="unticked-box",
        )
    return person


def added(person: UUID, **changes: object) -> None:
    """Add one more event like the person's last, with something changed."""
    event = ConsentEvent.objects.filter(subject_id=person).latest("pk")
    event.pk, event.event_id = None, new_id()
    for name, value in changes.items():
        setattr(event, name, value)
    event.save(force_insert=True)


def everybody() -> dict[UUID, set[str]]:
    """Answer in every way there is; return what each person permits."""
    yes, no = (SMS, True), (SMS, False)
    expected = {
        answered(yes): {SMS},
        answered(no): set(),
        answered(yes, no): set(),
        answered(no, yes): {SMS},
        answered(yes, (MAIL, False)): {SMS},
        answered(yes, (MAIL, True)): {SMS, MAIL},
        answered((MAIL, False), yes): {SMS},
    }
    late = answered(yes)
    added(late, valid_until=timezone.now() - datetime.timedelta(minutes=1))
    old = answered(yes)
    Purpose.objects.filter(code=MAIL).update(version=F("version") + 1)
    Purpose.objects.filter(code=MAIL).update(material_version=F("version"))
    fresh = ConsentEvent.objects.filter(purpose=MAIL)
    outdated = {event.subject_id for event in fresh}
    for person in outdated:
        expected[person] -= {MAIL}
    return expected | {late: set(), old: {SMS}}


def permitted() -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = {}
    for code, person in LiveConsent.objects.values_list("purpose_code", "subject_id"):
        found.setdefault(person, set()).add(code)
    return found


def is_right(expected: dict[UUID, set[str]]) -> bool:
    return permitted() == {person: codes for person, codes in expected.items() if codes}


def test_the_view_says_what_is_permitted_and_no_more() -> None:
    assert is_right(everybody())


def test_the_view_taken_apart_here_is_the_view_there_is() -> None:
    before = definition()
    with view(VIEW):
        assert definition() == before


@pytest.mark.parametrize("condition", MISSING)
def test_without_one_condition_it_is_wrong(condition: str) -> None:
    expected = everybody()
    found, instead = MISSING[condition]
    mutant = VIEW.replace(found, instead)
    if "ON (subject_id)" in instead:
        mutant = mutant.replace("ORDER BY purpose_id, subject_id", "ORDER BY subject_id")
    assert mutant != VIEW
    with view(mutant):
        assert not is_right(expected)
