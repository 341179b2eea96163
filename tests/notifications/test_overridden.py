"""Under an override an alert reaches people who did not agree: those it may, and nobody else."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Role
from audit.recording import Actor
from consent.models import Basis
from consent.services import record_answers
from crises.models import Crisis, OverrideField, VitalInterestOverride
from crises.overriding import end_override
from notifications import addressing, sending
from notifications.forgetting import forget_person
from notifications.models import (
    Delivery,
    DeliveryStatus,
    Dispatch,
    Lane,
    MessageKind,
    NoticeOutcome,
    OverrideRecipient,
)
from notifications.previewing import preview_audience
from notifications.services.broadcasting import approve_broadcast
from notifications.telling_overridden import tell_overridden
from registry.models import Channel, Registrant
from registry.services.erasing import erase_person
from tests.crises.test_overriding import let_pass, running
from tests.people import crisis, phone, register, released, staff, submitted

pytestmark = pytest.mark.django_db(transaction=True)

SMS, MAIL = "crisis_alert_sms", "crisis_alert_email"
LATER = datetime.timedelta(days=4)


def answer(person: Registrant, *, is_for_safety: bool = False, **answers: bool) -> None:
    record_answers(
        actor=Actor.person(person.pk),
        subject_id=person.pk,
        language="en",
        answers=answers,
        channel="web",
        method="button",
        is_for_safety=is_for_safety,
    )


def asked_by_nobody(**person: Any) -> Registrant:
    """Register somebody who never answered whether they want alerts."""
    return register(consents={}, **person)


def refuser() -> Registrant:
    return register(consents={SMS: False})


def frozen(here: Crisis) -> Dispatch:
    dispatch = released(here)
    addressing.freeze(dispatch.pk)
    return dispatch


def reached(here: Crisis) -> set[Any]:
    dispatch = frozen(here)
    return {member.registrant_id for member in dispatch.members.all()}


def outcomes(dispatch: Dispatch) -> set[tuple[int, str]]:
    sending.drain(lane=Lane.CRISIS)
    return set(Delivery.objects.filter(dispatch=dispatch).values_list("status", "reason"))


def test_without_an_override_nobody_is_reached_who_did_not_agree() -> None:
    here, elsewhere = crisis(), crisis()
    agreed, _ = register(), asked_by_nobody()
    running(elsewhere)
    assert reached(here) == {agreed.pk}


def test_it_adds_who_was_never_asked_and_says_so_on_the_delivery(sms_gateway) -> None:
    here = crisis()
    agreed, unasked, _, _ = (
        register(),
        asked_by_nobody(),
        refuser(),
        register(country="FR", area="FR-IDF"),
    )
    override = running(here)
    dispatch = frozen(here)
    by_person = {each.registrant_id: each for each in Delivery.objects.filter(dispatch=dispatch)}
    assert by_person.keys() == {agreed.pk, unasked.pk}
    own, other = by_person[agreed.pk], by_person[unasked.pk]
    assert (own.basis, own.override_id) == (Basis.CONSENT, None)
    assert own.proof_id is not None
    assert (other.basis, other.override_id, other.proof_id) == (
        Basis.VITAL_INTEREST,
        override.pk,
        None,
    )
    assert outcomes(dispatch) == {(DeliveryStatus.HANDED_OVER, "")}
    assert len(sms_gateway.messages) == 2
    override.refresh_from_db()
    assert override.recipient_count == 1


@pytest.mark.parametrize("basis", [Basis.VITAL_INTEREST, Basis.PUBLIC_TASK])
def test_the_basis_is_the_override_s(basis: Basis) -> None:
    here = crisis()
    asked_by_nobody()
    running(here, basis=basis)
    assert Delivery.objects.get(dispatch=frozen(here)).basis == basis


def test_refusers_need_the_second_tick() -> None:
    here = crisis()
    person, withdrawn = refuser(), register()
    answer(withdrawn, **{SMS: False})
    asked_by_nobody()
    running(here, refusers_reason="They will drown.")
    assert {person.pk, withdrawn.pk} <= reached(here)


def test_a_no_to_one_way_is_a_no() -> None:
    here = crisis()
    register(emails=["a@people.example"], phones=[phone()], consents={MAIL: False})
    agreed = register()
    running(here, fields=list(OverrideField))
    assert reached(here) == {agreed.pk}


def test_who_said_no_for_safety_is_never_reached() -> None:
    here = crisis()
    agreed, in_danger, more_danger = register(), register(), asked_by_nobody()
    answer(in_danger, is_for_safety=True, **{SMS: False})
    answer(more_danger, is_for_safety=True, **{MAIL: False})
    running(here, refusers_reason="They will drown.")
    assert reached(here) == {agreed.pk}


def test_it_opens_only_the_ways_it_names_and_none_besides_consent() -> None:
    here = crisis()
    both = asked_by_nobody(emails=["b@people.example"], phones=[phone()])
    asked_by_nobody(emails=["c@people.example"])
    agreed = register(emails=["d@people.example"], phones=[phone()], consents={MAIL: True})
    running(here, fields=[OverrideField.PHONE])
    rows = Delivery.objects.filter(dispatch=frozen(here)).values_list("registrant_id", "channel")
    assert sorted(rows) == sorted([(both.pk, Channel.SMS), (agreed.pk, Channel.EMAIL)])


def test_it_ends_by_the_clock_at_the_freeze_and_at_the_hand_over(sms_gateway) -> None:
    here = crisis()
    register(), asked_by_nobody()
    override = running(here)
    before = frozen(here)
    late = submitted(here)
    let_pass(override, datetime.timedelta(hours=24))
    assert outcomes(before) == {
        (DeliveryStatus.HANDED_OVER, ""),
        (DeliveryStatus.SKIPPED, "override-over"),
    }
    assert len(sms_gateway.messages) == 1
    # What was submitted for more people is no longer what would leave.
    with pytest.raises(Exception, match="other people"):
        approve_broadcast(
            actor=staff(Role.APPROVER), broadcast=late, typed_count=late.submitted_count or 0
        )
    assert len(reached(here)) == 1


def test_an_override_that_ends_before_the_freeze_widens_nothing() -> None:
    here = crisis()
    agreed, _ = register(), asked_by_nobody()
    override = running(here)
    dispatch = released(here)
    end_override(actor=staff(Role.AUTHOR), override_id=override.public_id)
    addressing.freeze(dispatch.pk)
    assert [member.registrant_id for member in dispatch.members.all()] == [agreed.pk]


def test_a_no_after_the_freeze_counts() -> None:
    here = crisis()
    person, other = asked_by_nobody(), asked_by_nobody()
    running(here)
    dispatch = frozen(here)
    answer(person, **{SMS: False})
    outcomes(dispatch)
    got = Delivery.objects.in_bulk([(dispatch.pk, seq) for seq in range(2)])
    assert {each.registrant_id: each.reason for each in got.values()} == {
        person.pk: "override-over",
        other.pk: "",
    }


def test_who_agreed_gets_it_at_a_shared_phone_though_the_override_ended(sms_gateway) -> None:
    here, shared = crisis(), phone()
    people = sorted(
        [asked_by_nobody(phones=[shared]), asked_by_nobody(phones=[shared])], key=lambda p: p.pk
    )
    answer(people[1], **{SMS: True})
    override = running(here)
    dispatch = frozen(here)
    assert Delivery.objects.get(dispatch=dispatch, seq=0).override_id == override.pk
    end_override(actor=staff(Role.AUTHOR), override_id=override.public_id)
    sending.drain(lane=Lane.CRISIS)
    assert len(sms_gateway.messages) == 1
    sent = Delivery.objects.get(dispatch=dispatch, status=DeliveryStatus.HANDED_OVER)
    assert (sent.registrant_id, sent.override_id) == (people[1].pk, None)
    assert sent.proof_id is not None


def test_no_more_people_than_it_may_and_the_approver_saw_that_number() -> None:
    here = crisis()
    agreed = register()
    unasked = sorted(asked_by_nobody().pk for _ in range(5))
    override = running(here, max_recipients=3)
    broadcast = submitted(here)
    counted = preview_audience(broadcast)
    assert (counted.reachable, counted.overridden) == (4, 3)
    assert broadcast.submitted_count == 4
    assert reached(here) == {agreed.pk, *unasked[:3]}
    # Another alert reaches the same people again, and nobody new.
    late = asked_by_nobody()
    again = reached(here)
    assert again == {agreed.pk, *unasked[:3]}
    assert late.pk not in again
    override.refresh_from_db()
    assert override.recipient_count == 3
    assert override.is_full


def test_slices_share_one_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addressing, "FIRST_SLICE_PEOPLE", 2)
    here = crisis()
    unasked = sorted(asked_by_nobody().pk for _ in range(6))
    running(here, max_recipients=3)
    assert reached(here) == set(unasked[:3])


def test_the_database_wants_the_override_on_the_delivery() -> None:
    here = crisis()
    asked_by_nobody()
    running(here)
    dispatch = frozen(here)
    with pytest.raises(IntegrityError, match="names_its_override"), transaction.atomic():
        Delivery.objects.filter(dispatch=dispatch).update(override_id=None)


def reached_and_over(**person: Any) -> tuple[Registrant, VitalInterestOverride]:
    here = crisis()
    found = asked_by_nobody(**person)
    override = running(here)
    dispatch = frozen(here)
    sending.drain(lane=Lane.CRISIS)
    assert Delivery.objects.get(dispatch=dispatch).status == DeliveryStatus.HANDED_OVER
    let_pass(override, LATER)
    return found, override


def notice_of(person: Registrant) -> OverrideRecipient:
    return OverrideRecipient.objects.get(registrant_id=person.pk)


def test_everybody_reached_is_told_later_in_their_language(sms_gateway) -> None:
    person, override = reached_and_over(language="fr")
    sms_gateway.clear()
    assert tell_overridden() == 1
    assert tell_overridden() == 0
    sending.drain(lane=Lane.ROUTINE)
    (message,) = sms_gateway.messages
    assert "/my/rights/" in message.text
    told = notice_of(person)
    assert told.outcome == NoticeOutcome.TOLD
    assert told.told_as is not None
    assert told.told_as.message.kind == MessageKind.OVERRIDDEN
    assert Delivery.objects.get(dispatch=told.told_as).language == "fr"
    override.refresh_from_db()
    assert override.told_at is not None


def test_nobody_is_told_while_it_runs() -> None:
    here = crisis()
    asked_by_nobody()
    running(here)
    frozen(here)
    sending.drain(lane=Lane.CRISIS)
    assert tell_overridden() == 0
    assert OverrideRecipient.objects.get().settled_at is None


def test_who_was_not_reached_is_not_told_and_who_fears_a_message_gets_none() -> None:
    person, _ = reached_and_over()
    answer(person, is_for_safety=True, **{SMS: False})
    assert tell_overridden() == 0
    assert notice_of(person).outcome == NoticeOutcome.UNSAFE
    here = crisis()
    other = asked_by_nobody()
    second = running(here)
    frozen(here)
    let_pass(second, LATER)
    assert tell_overridden() == 0
    assert notice_of(other).outcome == NoticeOutcome.NOT_REACHED


def test_an_erased_person_is_forgotten_here_too() -> None:
    person, _ = reached_and_over()
    erase_person(actor=Actor.person(person.pk), person=person)
    forget_person(person.pk)
    assert not OverrideRecipient.objects.exists()
    assert tell_overridden() == 0
