"""A receipt is read by the person it belongs to, and by nobody else."""

from __future__ import annotations

import pytest
from django.test import Client

from consent.models import ConsentEvent
from consent.receipts import read_kantara, read_ts27560, receipt_code, receipt_of
from registry.models import Registrant
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
