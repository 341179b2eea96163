"""Who shares a phone still gets the alert when the one it was frozen for has left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from audit.recording import Actor
from consent.services import record_answers
from notifications import addressing, sending
from notifications.forgetting import forget_people, forget_person
from notifications.models import Delivery, DeliveryStatus, Dispatch, Lane
from registry.models import Registrant
from registry.services.erasing import erase_person
from tests.people import crisis, phone, register, released

pytestmark = pytest.mark.django_db(transaction=True)


def erase(person: Registrant) -> None:
    erase_person(actor=Actor.person(person.pk), person=person)


def erase_and_forget(person: Registrant) -> None:
    erase(person)
    forget_person(person.pk)


def withdraw(person: Registrant) -> None:
    record_answers(
        actor=Actor.person(person.pk),
        subject_id=person.pk,
        language="en",
        answers={"crisis_alert_sms": False},
        channel="web",
        method="button",
    )


def take_the_number_out(person: Registrant) -> None:
    from django.utils import timezone

    person.contacts.update(removed_at=timezone.now())


LEAVING = [
    (erase, "erased"),
    (erase_and_forget, "erased"),
    (withdraw, "consent-withdrawn"),
    (take_the_number_out, "contact-removed"),
]


def frozen_family(number: int = 3) -> tuple[Dispatch, list[Registrant], str]:
    """Return a frozen alert and who shares one phone, the one it was frozen for first."""
    shared = phone()
    family = {person.pk: person for person in (register(phones=[shared]) for _ in range(number))}
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    carrier = Delivery.objects.get(dispatch=dispatch, shared_with_seq__isnull=True)
    first = family.pop(carrier.registrant_id)
    return dispatch, [first, *family.values()], shared


def outcomes(dispatch: Dispatch) -> dict[object, tuple[int, str]]:
    rows = Delivery.objects.filter(dispatch=dispatch)
    return {row.registrant_id: (row.status, row.reason) for row in rows}


@pytest.mark.parametrize(("leave", "reason"), LEAVING)
def test_another_of_the_family_gets_it(
    leave: Callable[[Registrant], None], reason: str, sms_gateway
) -> None:
    dispatch, (first, *others), shared = frozen_family()
    leave(first)
    sending.drain(lane=Lane.CRISIS)
    assert [message.recipient for message in sms_gateway.messages] == [shared]
    found = outcomes(dispatch)
    assert found.pop(first.pk) == (DeliveryStatus.SKIPPED, reason)
    assert set(found) == {other.pk for other in others}
    assert sorted(found.values()) == [
        (DeliveryStatus.HANDED_OVER, ""),
        (DeliveryStatus.SHARED, "shared-address"),
    ]


@pytest.mark.parametrize(("leave", "reason"), LEAVING)
def test_the_last_one_who_stays_gets_it(
    leave: Callable[[Registrant], None], reason: str, sms_gateway
) -> None:
    dispatch, (*leaving, last), shared = frozen_family()
    for person in leaving:
        leave(person)
    sending.drain(lane=Lane.CRISIS)
    assert [message.recipient for message in sms_gateway.messages] == [shared]
    assert outcomes(dispatch)[last.pk] == (DeliveryStatus.HANDED_OVER, "")


@pytest.mark.parametrize(("leave", "reason"), LEAVING)
def test_when_all_have_left_nobody_gets_it(
    leave: Callable[[Registrant], None], reason: str, sms_gateway
) -> None:
    _, family, _ = frozen_family(2)
    for person in family:
        leave(person)
    sending.drain(lane=Lane.CRISIS)
    assert list(sms_gateway.messages) == []


def test_erasing_after_it_left_sends_nothing_again(sms_gateway) -> None:
    dispatch, (first, *others), _ = frozen_family()
    sending.drain(lane=Lane.CRISIS)
    erase_and_forget(first)
    sending.drain(lane=Lane.CRISIS)
    assert len(sms_gateway.messages) == 1
    found = outcomes(dispatch)
    assert found[first.pk] == (DeliveryStatus.HANDED_OVER, "")
    assert {found[other.pk][0] for other in others} == {DeliveryStatus.SHARED}


def test_of_several_erased_together_none_inherits_from_another() -> None:
    dispatch, family, _ = frozen_family(4)
    leavers = family[:3]
    for person in leavers:
        erase(person)
    forget_people([person.pk for person in leavers])
    carrying = Delivery.objects.get(dispatch_id=dispatch.pk, shared_with_seq__isnull=True)
    assert (carrying.registrant_id, carrying.status) == (family[3].pk, DeliveryStatus.QUEUED)
    rest = Delivery.objects.filter(dispatch_id=dispatch.pk).exclude(pk=carrying.pk)
    assert carrying.address_token not in rest.values_list("address_token", flat=True)
