"""Receipts are read back without loss, and proofs hold without us and find every change."""

from __future__ import annotations

import copy
import json
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from audit.recording import Actor
from audit.sealing import seal_record
from consent.models import ConsentEvent, ConsentState, GivenBy, Purpose
from consent.receipts import (
    Receipt,
    as_kantara,
    as_ts27560,
    read_kantara,
    read_ts27560,
    receipt_code,
    receipt_of,
    same_code,
)
from consent.services import record_answers
from encryption.identifiers import new_id

pytestmark = pytest.mark.django_db(transaction=True)

GOLDEN = Path(__file__).parent / "golden"
VERIFIER = Path(settings.BASE_DIR) / "deploy" / "verify_proof.py"


def answered(code: str, language: str = "en", *, yes: bool = True) -> ConsentEvent:
    person = new_id()
    (event,) = record_answers(
        actor=Actor.person(person),
        subject_id=person,
        language=language,
        answers={code: yes},
        channel="web",
        method="unticked-box",
    )
    event.refresh_from_db()
    return ConsentEvent.objects.select_related("purpose", "notice").get(pk=event.pk)


def optional_purposes() -> list[str]:
    data = json.loads((Path(settings.BASE_DIR) / "consent/data/purposes.json").read_text())
    return [entry["code"] for entry in data if entry["is_optional"]]


@pytest.mark.parametrize("code", optional_purposes())
@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
def test_both_forms_are_read_back_without_loss(code: str, language: str) -> None:
    receipt = receipt_of(answered(code, language))
    for write, read in ((as_ts27560, read_ts27560), (as_kantara, read_kantara)):
        assert read(json.loads(json.dumps(write(receipt)))) == receipt


FIXED: dict[str, Any] = {
    "code": "ABCDE-12345",
    "event_id": "00000000-0000-7000-8000-000000000001",
    "record_id": "00000000-0000-5000-8000-000000000002",
    "subject_id": "00000000-0000-7000-8000-000000000003",
    "occurred_at": "2026-11-23T12:00:00.000000+00:00",
    "valid_until": "2029-11-22T12:00:00.000000+00:00",
    "rights_address": "https://abroad.example/my/",
}


@pytest.mark.parametrize("code", optional_purposes())
def test_the_forms_are_those_written_down(code: str) -> None:
    """A change of form shows here: readers out there have the old one."""
    from dataclasses import replace

    receipt = replace(receipt_of(answered(code)), **FIXED)
    assert as_ts27560(receipt) == json.loads((GOLDEN / f"{code}.ts27560.json").read_text())
    assert as_kantara(receipt) == json.loads((GOLDEN / f"{code}.kantara.json").read_text())


def test_a_receipt_holds_every_field_of_its_form() -> None:
    for code in optional_purposes():
        assert Purpose.objects.get(pk=code).fields
    receipt = receipt_of(answered("crisis_alert_sms"))
    empty = [name for name in Receipt.__dataclass_fields__ if getattr(receipt, name) in ("", ())]
    assert empty == []


def test_a_code_is_short_and_forgiving() -> None:
    event = answered("crisis_alert_sms")
    code = receipt_code(event.event_id)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", code)
    assert same_code(f" {code.lower().replace('-', ' ')} ", code)
    assert same_code(code.replace("0", "O").replace("1", "l"), code)
    assert not same_code(receipt_code(new_id()), code)


def proof_file(tmp_path: Path, event: ConsentEvent) -> tuple[Path, Path]:
    proof, anchor = tmp_path / "proof.json", tmp_path / "anchor"
    call_command("seal_record", anchor=anchor)
    call_command("consent_proof", str(event.record_id), to=proof)
    return proof, anchor


def verify(*paths: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(VERIFIER), *map(str, paths)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_proof_holds_with_nothing_of_ours(tmp_path: Path) -> None:
    for number in range(5):
        event = answered("crisis_alert_sms", yes=number % 2 == 0)
        if number == 2:
            seal_record()
    proof, anchor = proof_file(tmp_path, event)
    done = verify(proof, anchor)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("1 answers hold, ")
    assert oct(proof.stat().st_mode & 0o777) == "0o600"


def test_a_changed_proof_does_not_hold(tmp_path: Path) -> None:
    for _ in range(6):
        event = answered("crisis_alert_email", "ar")
    proof, anchor = proof_file(tmp_path, event)
    whole = json.loads(proof.read_text())
    rng = random.Random(3)
    missed = []
    for _ in range(40):
        broken, place = changed(copy.deepcopy(whole), rng)
        proof.write_text(json.dumps(broken))
        if verify(proof, anchor).returncode == 0:
            missed.append(place)
    assert missed == []


def changed(data: dict[str, Any], rng: random.Random) -> tuple[dict[str, Any], str]:
    """Change one value among those that a court relies on."""
    answer = data["answers"][0]
    places: dict[str, Any] = {
        "row": lambda: answer["inclusion"].update(
            row=answer["inclusion"]["row"].replace("given", "refused", 1)
        ),
        "position": lambda: answer["inclusion"].update(
            position=(answer["inclusion"]["position"] + 1) % answer["inclusion"]["size"]
        ),
        "path": lambda: (
            answer["inclusion"]["path"].reverse()
            if len(set(answer["inclusion"]["path"])) > 1
            else answer["inclusion"]["path"].clear()
        ),
        "size": lambda: answer["inclusion"].update(size=answer["inclusion"]["size"] + 1),
        "root": lambda: data["seals"][0].update(root="0" * 64),
        "chain": lambda: data["seals"][-1].update(chain="0" * 64),
        "previous": lambda: data["seals"][0].update(previous="1" * 64),
        "rows": lambda: data["seals"][0].update(rows=data["seals"][0]["rows"] + 1),
        "seal removed": lambda: data["seals"].pop(),
        "state": lambda: answer.update(state="refused"),
        "words": lambda: answer["record"]["dpv:hasNotice"]["dct:description"].update(
            {"@value": "Other words."}
        ),
        "rendered": lambda: answer["record"]["dpv:hasNotice"].update(
            {"registry:renderedSha256": "0" * 64}
        ),
        "given by": lambda: answer["record"]["dpv:hasConsentStatus"].update(
            {"dpv:isIndicatedBy": "guardian"}
        ),
        "person": lambda: answer["receipt"].update(piiPrincipalId=str(new_id())),
    }
    name = rng.choice(list(places))
    places[name]()
    return data, name


def test_an_unsealed_answer_is_said_to_be_unsealed(tmp_path: Path) -> None:
    event = answered("crisis_alert_sms")
    proof = tmp_path / "proof.json"
    call_command("consent_proof", str(event.record_id), to=proof)
    done = verify(proof)
    assert done.returncode == 1
    assert "not sealed yet" in done.stdout


def test_an_unknown_record_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no such"):
        call_command("consent_proof", str(new_id()), to=tmp_path / "proof.json")


def test_every_word_of_a_purpose_can_be_translated() -> None:
    from consent import wording

    data = json.loads((Path(settings.BASE_DIR) / "consent/data/purposes.json").read_text())
    for entry in data:
        assert set(entry["fields"]) <= set(wording._FIELDS)
        plain = {*entry["recipients"], entry["retention"], entry["storage_place"]}
        assert plain | {entry["authority"], entry["jurisdiction"]} <= set(wording._VALUES)
    assert set(wording.STATES) == set(ConsentState)
    assert set(wording.GIVEN_BY) == set(GivenBy)
