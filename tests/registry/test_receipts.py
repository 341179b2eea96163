"""A receipt is read by the person it belongs to, and by nobody else."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from consent.models import ConsentEvent
from consent.receipts import read_kantara, read_ts27560, receipt_code, receipt_of
from registry.models import Registrant
from registry.portal_sheet import Row
from registry.receipt_paper import receipt_pdf
from tests import people
from tests.registry.portal_visits import sign_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Registrant:
    return people.register()


def code_of(person: Registrant) -> str:
    event = ConsentEvent.objects.filter(subject_id=person.pk).latest("pk")
    return receipt_code(event.event_id)


def test_each_answer_leads_to_its_receipt(client: Client, person: Registrant) -> None:
    sign_in(client, person)
    code = code_of(person)
    assert code in text_of(client.get("/my/choices/"))
    event = ConsentEvent.objects.filter(subject_id=person.pk).latest("pk")
    for spelling in (code, code.lower().replace("-", "")):
        page = text_of(client.get(f"/my/choices/receipts/{spelling}/"))
        for shown in (code, event.notice.sentence, event.notice_sha256[:16]):
            assert shown in page


def test_both_files_are_the_receipt(client: Client, person: Registrant) -> None:
    sign_in(client, person)
    code = code_of(person)
    event = (
        ConsentEvent.objects.filter(subject_id=person.pk)
        .select_related("purpose", "notice")
        .latest("pk")
    )
    for form, read in (("ts27560", read_ts27560), ("kantara", read_kantara)):
        answer = client.get(f"/my/choices/receipts/{code}/{form}.json")
        assert read(answer.json()) == receipt_of(event)
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{code}.json"'
        assert "no-store" in answer.headers["Cache-Control"]
    assert client.get(f"/my/choices/receipts/{code}/xml.json").status_code == 404


def test_nobody_else_gets_it(client: Client, person: Registrant) -> None:
    code = code_of(person)
    stranger = client.get(f"/my/choices/receipts/{code}/")
    assert stranger.status_code == 302
    sign_in(client, people.register())
    other = client.get(f"/my/choices/receipts/{code}/")
    made_up = client.get("/my/choices/receipts/00000-00000/")
    assert other.status_code == made_up.status_code == 404


@pytest.mark.parametrize(("language", "letter"), [("en", "0052"), ("fr", "00E7"), ("ar", "0625")])
def test_the_receipt_on_paper_holds_its_letters_and_is_small(language: str, letter: str) -> None:
    rows = [Row("Reçu", "ABCDE-12345", "ltr")]
    paper = receipt_pdf(
        title="إيصال" if language == "ar" else "Receipt",
        sentence="أرسلوا لي رسالة إذا كان هناك خطر." if language == "ar" else "Send me a message.",
        sentence_language=language,
        rows=rows,
        language=language,
    )
    assert paper.startswith(b"%PDF-")
    assert len(paper) <= 60 * 1024
    assert b"/FontFile2" in paper
    # The map from shapes back to letters, so that the words can be read aloud and copied.
    (mapped,) = re.findall(rb"begincmap(.*?)endcmap", paper, re.DOTALL)
    assert letter.encode() in mapped.upper()


def test_only_whoever_answered_gets_the_paper(client: Client) -> None:
    person, other = people.register(), people.register()
    event = ConsentEvent.objects.filter(subject_id=person.pk).latest("pk")
    address = f"/my/choices/receipts/{receipt_code(event.event_id)}.pdf"
    sign_in(client, person)
    page = client.get(address)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "application/pdf")
    stranger = Client()
    sign_in(stranger, other)
    assert stranger.get(address).status_code == 404
