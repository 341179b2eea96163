"""Lists take an open crisis and two officers of two bodies, and leave sealed or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, StaffUser
from audit.models import AuditEvent
from audit.recording import Actor
from crises.models import Crisis
from disclosure.dropping import expire_lists, on_person_erased
from disclosure.models import ListPurpose, ListState, PeopleList, Recipient
from disclosure.packing import canary_address, list_that_holds, pack_approved
from disclosure.services import ListRefused, ask_for_list, decide_list, fetch_list
from encryption.copies import make_recovery_key
from geography.models import Post
from registry.models import Registrant
from registry.services.restricting import restrict_person
from tests.accounts.signing_in import sign_in
from tests.people import crisis, register, staff
from tests.registry.consoles import words_of

pytestmark = pytest.mark.django_db

PHONE = "+96170555401"


@pytest.fixture
def keys() -> tuple[str, str]:
    return make_recovery_key()


@pytest.fixture
def recipient(keys: tuple[str, str]) -> Recipient:
    return Recipient.objects.create(name="Evacuation staff", public_key=keys[1])


@pytest.fixture
def person() -> Registrant:
    return register(given_names="Amal", family_names="Haddad", phones=[PHONE], place="Hamra")


@pytest.fixture
def danger(person: Registrant) -> Crisis:
    return crisis()


@pytest.fixture
def officer() -> StaffUser:
    return staff(Role.OFFICER)


@pytest.fixture
def asked(officer: StaffUser, danger: Crisis, recipient: Recipient) -> PeopleList:
    return ask(officer, danger, recipient)


def ask(officer: StaffUser, danger: Crisis, recipient: Recipient) -> PeopleList:
    return ask_for_list(
        actor=officer,
        crisis=danger,
        post=Post.objects.get(code="beirut"),
        recipient=recipient,
        purpose=ListPurpose.EVACUATION,
        hours=24,
    )


def agree(asked: PeopleList, by: StaffUser | None = None) -> None:
    decide_list(
        actor=by or staff(Role.APPROVER),
        list_id=asked.pk,
        is_granted=True,
        typed_count=asked.expected_count,
    )


def opened(tmp_path: Path, secret: str, sealed: bytes) -> subprocess.CompletedProcess[str]:
    (tmp_path / "key").write_text(secret)
    (tmp_path / "list").write_bytes(sealed)
    program = Path(settings.BASE_DIR) / "deploy" / "open_list.py"
    return subprocess.run(
        [sys.executable, str(program), str(tmp_path / "key"), str(tmp_path / "list")],
        capture_output=True,
        text=True,
        check=False,
    )


def test_asked_agreed_made_fetched_and_opened(
    asked: PeopleList, officer: StaffUser, keys: tuple[str, str], tmp_path: Path
) -> None:
    agree(asked)
    assert pack_approved() == 1
    assert pack_approved() == 0
    sealed = fetch_list(actor=officer, list_id=asked.pk)
    for value in (b"Amal", b"Haddad", PHONE.encode(), b"Hamra"):
        assert value not in sealed
    shown = opened(tmp_path, keys[0], sealed)
    assert shown.returncode == 0, shown.stderr
    for told in ("Amal Haddad", PHONE, "Hamra", "Evacuation staff", canary_address(asked.pk)):
        assert told in shown.stdout
    other = opened(tmp_path, make_recovery_key()[0], sealed)
    assert (other.returncode, "another key" in other.stdout) == (1, True)
    broken = opened(tmp_path, keys[0], sealed[:-1])
    assert broken.returncode == 1


def test_a_mark_and_the_invented_person_name_the_list(
    asked: PeopleList, officer: StaffUser, keys: tuple[str, str], tmp_path: Path
) -> None:
    agree(asked)
    pack_approved()
    shown = opened(tmp_path, keys[0], fetch_list(actor=officer, list_id=asked.pk)).stdout
    marks = [line[1:11] for line in shown.splitlines() if line.startswith("[")]
    assert len(marks) == 2
    for value in (*marks, canary_address(asked.pk)):
        found = list_that_holds(value)
        assert found is not None
        assert found.pk == asked.pk
    assert list_that_holds("0123456789") is None


@pytest.mark.parametrize("role", [Role.OFFICER, Role.APPROVER])
def test_the_second_officer_is_of_another_body(
    asked: PeopleList, officer: StaffUser, role: Role
) -> None:
    for same in (officer, staff(Role.OFFICER)):
        with pytest.raises((ListRefused, Http404)):
            agree(asked, same)
    agree(asked, staff(role, "paris" if role == Role.OFFICER else None))
    asked.refresh_from_db()
    assert asked.state == ListState.APPROVED


def test_the_database_refuses_one_officer_and_one_body(
    asked: PeopleList, officer: StaffUser
) -> None:
    now = timezone.now()
    other = staff(Role.OFFICER)
    for by, body in ((officer, "ministry"), (other, asked.asked_body)):
        with pytest.raises(IntegrityError), transaction.atomic():
            PeopleList.objects.filter(pk=asked.pk).update(
                state="approved", decided_by=by, decided_body=body, decided_at=now
            )


def test_the_number_is_typed_again(asked: PeopleList) -> None:
    with pytest.raises(ListRefused, match="count"):
        decide_list(actor=staff(Role.APPROVER), list_id=asked.pk, is_granted=True, typed_count=7)


def test_no_list_without_an_open_real_crisis(
    officer: StaffUser, person: Registrant, recipient: Recipient, danger: Crisis
) -> None:
    with pytest.raises(ListRefused, match="no-crisis"):
        ask(officer, crisis(is_exercise=True), recipient)
    asked = ask(officer, danger, recipient)
    agree(asked)
    pack_approved()
    Crisis.objects.filter(pk=danger.pk).update(closed_at=timezone.now())
    with pytest.raises(ListRefused, match="no-crisis"):
        fetch_list(actor=officer, list_id=asked.pk)


def test_nobody_asks_for_the_people_of_another_post(danger: Crisis, recipient: Recipient) -> None:
    with pytest.raises(Http404):
        ask(staff(Role.OFFICER, "paris"), danger, recipient)


def test_a_list_that_grew_since_is_not_made(asked: PeopleList) -> None:
    agree(asked)
    register()
    pack_approved()
    asked.refresh_from_db()
    assert (asked.state, bytes(asked.content)) == (ListState.DROPPED, b"")


def test_an_erasure_drops_the_lists_somebody_is_in(
    asked: PeopleList, person: Registrant, officer: StaffUser
) -> None:
    agree(asked)
    pack_approved()
    fetch_list(actor=officer, list_id=asked.pk)
    on_person_erased(Registrant, person_id=person.pk)
    asked.refresh_from_db()
    assert (asked.state, bytes(asked.content), asked.people) == (ListState.DROPPED, b"", [])
    assert asked.erased_since == 1


def test_a_lock_since_keeps_a_list_from_leaving(
    asked: PeopleList, person: Registrant, officer: StaffUser
) -> None:
    agree(asked)
    pack_approved()
    restrict_person(actor=Actor.person(person.pk), person_id=person.pk)
    desk = sign_in(officer)
    page = desk.post(reverse("disclosure:list-fetch", args=[asked.pk]), follow=True)
    assert "erased or locked since" in words_of(page)
    asked.refresh_from_db()
    assert asked.state == ListState.DROPPED


def test_time_ends_a_list_here_and_at_the_recipient(
    asked: PeopleList, officer: StaffUser, keys: tuple[str, str], tmp_path: Path
) -> None:
    agree(asked)
    asked.refresh_from_db()
    assert asked.expires_at is not None
    PeopleList.objects.filter(pk=asked.pk).update(expires_at=timezone.now())
    pack_approved()
    sealed = bytes(PeopleList.objects.get(pk=asked.pk).content)
    shown = opened(tmp_path, keys[0], sealed)
    assert (shown.returncode, "is over" in shown.stdout) == (1, True)
    with time_machine.travel(asked.expires_at):
        assert expire_lists() == 1
    asked.refresh_from_db()
    assert (asked.state, bytes(asked.content)) == (ListState.EXPIRED, b"")


def test_everybody_on_a_list_reads_it(asked: PeopleList, person: Registrant) -> None:
    agree(asked)
    pack_approved()
    events = AuditEvent.objects.filter(subject_id=person.pk, act="disclosure.listed")
    assert json.dumps([event.detail for event in events]) == '[{"purpose": "evacuation"}]'


def test_the_pages_lead_from_asking_to_the_sealed_file(
    officer: StaffUser, danger: Crisis, recipient: Recipient
) -> None:
    desk, ministry = sign_in(officer), sign_in(staff(Role.APPROVER))
    fields = {
        "crisis": danger.pk,
        "post": Post.objects.get(code="beirut").pk,
        "recipient": recipient.pk,
        "purpose": "evacuation",
        "hours": "24",
    }
    assert desk.post(reverse("disclosure:list-ask"), fields).status_code == 302
    asked = PeopleList.objects.get()
    assert "Agree to this list" not in words_of(
        desk.get(reverse("disclosure:list-show", args=[asked.pk]))
    )
    page = words_of(ministry.get(reverse("disclosure:list-show", args=[asked.pk])))
    assert "Agree to this list" in page
    assert "Amal" not in page
    ministry.post(
        reverse("disclosure:list-decide", args=[asked.pk]), {"decision": "grant", "count": "1"}
    )
    pack_approved()
    file = desk.post(reverse("disclosure:list-fetch", args=[asked.pk]))
    assert file.content.startswith(b"registry-list-1 ")
    assert ministry.post(reverse("disclosure:list-fetch", args=[asked.pk])).status_code == 404


def test_the_commands_name_recipients_and_lists(asked: PeopleList, capsys) -> None:
    call_command("add_list_recipient", "Shelter staff", make_recovery_key()[1])
    assert Recipient.objects.filter(name="Shelter staff").exists()
    call_command("whose_list", canary_address(asked.pk))
    assert str(asked.pk) in capsys.readouterr().out
