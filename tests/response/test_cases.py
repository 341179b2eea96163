"""A call for help becomes a case with an owner, and none is lost."""

from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, StaffUser
from audit.models import AuditEvent
from audit.recording import Actor
from crises.models import Crisis
from encryption.identifiers import new_id
from notifications.models import AnswerState, AnswerVia
from notifications.services.answering import record_answer
from registry.models import Registrant, StayKind
from registry.registration import StayEntry
from registry.services.erasing import erase_person
from registry.services.keeping import move_person
from response import triaging
from response.models import Case, CaseEntry, EntryKind, NextStep, Origin, Outcome, Urgency
from response.services import CaseClosed, close_case, give_case, open_case, plan_step, take_case
from tests.accounts.signing_in import sign_in
from tests.people import crisis, register, staff
from tests.registry.consoles import open_record_of

pytestmark = pytest.mark.django_db


def answer(person: Registrant, in_crisis: Crisis, state: AnswerState = AnswerState.HELP) -> None:
    record_answer(
        actor=Actor.person(person.pk),
        crisis_id=in_crisis.pk,
        person_ids=[person.pk],
        state=state,
        via=AnswerVia.LINK,
        words="The stairs have burned away",
    )


def opened(person: Registrant, user: StaffUser, **changes: object) -> Case:
    told = {
        "origin": Origin.CALL,
        "urgency": Urgency.SOON,
        "next_step": NextStep.CALL,
        "note": "Knows the porter",
        **changes,
    }
    return open_case(actor=user, person=person, entry_id=new_id(), **told)  # type: ignore[arg-type]


def last_kinds(case: Case) -> list[str]:
    return list(case.entries.order_by("at", "pk").values_list("kind", flat=True))


# --- answers become cases -----------------------------------------------------------------


def test_every_call_for_help_is_one_case_however_often_the_machine_looks() -> None:
    fire = crisis()
    people = [register() for _ in range(5)]
    for person in people:
        answer(person, fire)
    answer(people[0], fire)
    assert triaging.open_cases_for_answers() == 5
    assert triaging.open_cases_for_answers() == 0
    cases = Case.objects.all()
    assert {case.registrant_id for case in cases} == {person.pk for person in people}
    assert {case.post.code for case in cases} == {"beirut"}
    assert {case.urgency for case in cases} == {Urgency.URGENT}
    assert AuditEvent.objects.filter(act="response.case-opened").count() == 5


def test_pages_of_answers_lose_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triaging, "_PAGE", 3)
    fire = crisis()
    people = [register() for _ in range(10)]
    with transaction.atomic():
        for person in people:
            answer(person, fire)
    assert triaging.open_cases_for_answers() == 10


def test_safe_after_help_is_noted_and_help_after_safe_counts_again() -> None:
    fire, person = crisis(), register()
    answer(person, fire)
    triaging.open_cases_for_answers()
    answer(person, fire, AnswerState.SAFE)
    triaging.open_cases_for_answers()
    assert Case.objects.get().said_safe_at is not None
    answer(person, fire)
    triaging.open_cases_for_answers()
    case = Case.objects.get()
    assert case.said_safe_at is None
    assert last_kinds(case) == [EntryKind.OPENED, EntryKind.SAID_SAFE, EntryKind.ASKED_AGAIN]


def test_who_asks_again_after_the_case_was_closed_gets_a_new_one() -> None:
    fire, person = crisis(), register()
    answer(person, fire)
    triaging.open_cases_for_answers()
    close_case(actor=staff(Role.OFFICER), case_id=Case.objects.get().pk, outcome=Outcome.HELPED)
    assert triaging.open_cases_for_answers() == 0
    answer(person, fire)
    assert triaging.open_cases_for_answers() == 1


def test_an_exercise_opens_no_case() -> None:
    drill, person = crisis(is_exercise=True), register()
    answer(person, drill)
    assert triaging.open_cases_for_answers() == 0


def test_opening_many_costs_no_query_each() -> None:
    fire = crisis()
    triaging.open_cases_for_answers()
    counts = []
    for many in (2, 12):
        for _ in range(many):
            answer(register(), fire)
        with CaptureQueriesContext(connection) as queries:
            triaging.open_cases_for_answers()
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- nobody urgent waits without an owner ---------------------------------------------------


def test_what_nobody_takes_goes_to_whoever_has_least_to_do_and_is_on_duty() -> None:
    fire = crisis()
    busy, free, _away = (staff(Role.OFFICER, "beirut") for _ in range(3))
    elsewhere = staff(Role.OFFICER, "paris")
    StaffUser.objects.filter(pk__in=[busy.pk, free.pk, elsewhere.pk]).update(
        last_login=timezone.now()
    )
    opened(register(), busy)
    answer(register(), fire)
    triaging.open_cases_for_answers()
    assert triaging.give_owners() == 0, "officers have ten minutes to take it themselves"
    Case.objects.filter(owner=None).update(
        unowned_since=timezone.now() - datetime.timedelta(minutes=11)
    )
    assert triaging.give_owners() == 1
    case = Case.objects.get(crisis=fire)
    assert case.owner == free
    assert case.unowned_since is None


def test_a_case_follows_its_person_to_another_district() -> None:
    person, user = register(), staff(Role.OFFICER, "beirut")
    case = opened(person, user)
    assert triaging.follow_people() == 0
    move_person(
        actor=Actor.person(person.pk),
        person=person,
        entry=StayEntry(StayKind.RESIDENCE, "FR", None, "", timezone.localdate(), None),
    )
    assert triaging.follow_people() == 1
    case.refresh_from_db()
    assert (case.post.code, case.owner) == ("paris", None)
    with pytest.raises(Http404):
        take_case(actor=user, case_id=case.pk)


# --- what officers do -----------------------------------------------------------------------


def test_a_case_from_opening_to_closing() -> None:
    person = register()
    user, colleague = staff(Role.OFFICER), staff(Role.OFFICER)
    case = opened(person, user)
    assert case.owner == user
    take_case(actor=colleague, case_id=case.pk)
    give_case(actor=colleague, case_id=case.pk, owner=user)
    plan_step(
        actor=user,
        case_id=case.pk,
        next_step=NextStep.MEDICAL,
        next_at=timezone.now(),
        urgency=Urgency.URGENT,
        note="Insulin for two days",
    )
    close_case(actor=user, case_id=case.pk, outcome=Outcome.HELPED, note="Insulin brought")
    with pytest.raises(CaseClosed):
        take_case(actor=user, case_id=case.pk)
    assert last_kinds(case) == ["opened", "taken", "given", "step", "closed"]
    notes = [entry.note for entry in case.entries.order_by("at", "pk")]
    assert notes == ["Knows the porter", "", "", "Insulin for two days", "Insulin brought"]
    acts = AuditEvent.objects.filter(act__startswith="response.", subject_id=person.pk)
    assert acts.count() == 5


def test_the_same_form_twice_is_one_case() -> None:
    person, user, entry = register(), staff(Role.OFFICER), new_id()
    for _ in range(2):
        case = open_case(
            actor=user,
            person=person,
            entry_id=entry,
            origin=Origin.CALL,
            urgency=Urgency.SOON,
            next_step=NextStep.CALL,
        )
    assert Case.objects.get() == case


def test_a_case_is_given_to_officers_of_its_post_only() -> None:
    user, stranger = staff(Role.OFFICER), staff(Role.OFFICER, "paris")
    case = opened(register(), user)
    with pytest.raises(Http404):
        give_case(actor=user, case_id=case.pk, owner=stranger)
    with pytest.raises(Http404):
        close_case(actor=stranger, case_id=case.pk, outcome=Outcome.HELPED)


def test_the_database_keeps_the_clock_running() -> None:
    case = opened(register(), staff(Role.OFFICER))
    with pytest.raises(IntegrityError, match="clock"), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(owner=None)
    with pytest.raises(IntegrityError, match="outcome"), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(closed_at=timezone.now())


def test_erasing_the_person_takes_cases_and_notes_away() -> None:
    person = register()
    opened(person, staff(Role.OFFICER))
    erase_person(actor=Actor.person(person.pk), person=person)
    assert not Case.objects.exists()
    assert not CaseEntry.objects.exists()


# --- the pages ------------------------------------------------------------------------------


def test_notes_are_read_only_where_the_record_was_opened() -> None:
    person, user = register(), staff(Role.OFFICER)
    case = opened(person, user)
    desk = sign_in(staff(Role.OFFICER))
    page = reverse("response:case-show", args=[case.pk])
    assert "Knows the porter" not in desk.get(page).content.decode()
    open_record_of(desk, person)
    assert "Knows the porter" in desk.get(page).content.decode()


def test_an_officer_works_a_case_from_the_record_to_its_end() -> None:
    person, user = register(), staff(Role.OFFICER)
    desk = sign_in(user)
    open_page = reverse("response:case-open", args=[person.pk])
    assert desk.get(open_page).status_code == 302, "the record was not opened"
    open_record_of(desk, person)
    wrong = desk.post(open_page, {"entry": str(new_id()), "note": "Keep me", "next_step": "call"})
    assert "Choose how urgent it is." in wrong.content.decode()
    assert "Keep me" in wrong.content.decode()
    told = {"entry": str(new_id()), "origin": "counter", "urgency": "1", "next_step": "call"}
    shown = desk.post(open_page, told, follow=True)
    case = Case.objects.get()
    assert shown.redirect_chain[-1][0] == reverse("response:case-show", args=[case.pk])
    assert "Came to the counter" in shown.content.decode()
    listed = desk.get(reverse("response:case-queue", args=["mine"])).content.decode()
    assert str(case.pk) in listed
    assert "Haddad" not in listed
    of_person = desk.get(reverse("response:case-of-person", args=[person.pk])).content.decode()
    assert str(case.pk) in of_person
    step = {"next_step": "visit", "within": "4", "urgency": "1", "note": ""}
    desk.post(reverse("response:case-plan", args=[case.pk]), step)
    case.refresh_from_db()
    assert case.next_step == NextStep.VISIT
    close = reverse("response:case-close", args=[case.pk])
    assert "Choose how it ended." in desk.post(close, {}).content.decode()
    desk.post(close, {"outcome": "helped", "note": ""})
    case.refresh_from_db()
    assert case.outcome == Outcome.HELPED


def test_a_queue_of_many_costs_no_query_each() -> None:
    user = staff(Role.OFFICER)
    desk = sign_in(user)
    counts = []
    for _ in range(2):
        for _each in range(5):
            opened(register(), user)
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(reverse("response:case-queue", args=["all"])).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_another_post_sees_nothing_of_a_case() -> None:
    case = opened(register(), staff(Role.OFFICER))
    other = sign_in(staff(Role.OFFICER, "paris"))
    for name in ("case-show", "case-close"):
        assert other.get(reverse(f"response:{name}", args=[case.pk])).status_code == 404
    assert str(case.pk) not in other.get(reverse("response:case-list")).content.decode()
