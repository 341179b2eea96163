"""The engine: everybody once, nobody lost, whoever dies on the way."""

from __future__ import annotations

import datetime
import threading

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Role
from audit.recording import Actor
from consent.services import record_answers
from demo.smsgateway import Fate
from notifications import addressing, leasing, sending, sweeping
from notifications.connecting import open_connection
from notifications.models import (
    Attempt,
    Chunk,
    Delivery,
    DeliveryStatus,
    Dispatch,
    DispatchState,
    Lane,
)
from notifications.routing import RouteBook
from notifications.services.broadcasting import (
    cancel_dispatch,
    pause_dispatch,
    resume_dispatch,
)
from registry.models import ContactPoint
from registry.services.erasing import erase_person
from registry.services.holding import remove_contact
from tests.people import crisis, phone, register, released, staff, stood

pytestmark = pytest.mark.django_db(transaction=True)


def send_all(dispatch: Dispatch) -> None:
    addressing.freeze(dispatch.pk)
    sending.drain(lane=Lane.CRISIS)
    dispatch.refresh_from_db()


def statuses(dispatch: Dispatch) -> list[tuple[int, str]]:
    return list(
        Delivery.objects.filter(dispatch=dispatch).order_by("seq").values_list("status", "reason")
    )


def test_everybody_in_the_area_gets_one_message_in_their_language(mailbox, sms_gateway) -> None:
    here = register(phones=["+96170100001"], language="ar")
    register(emails=["reader@people.example"], phones=[], language="en")
    register(country="FR", area="FR-IDF", phones=["+33612345678"])
    dispatch = released(crisis())
    send_all(dispatch)
    assert dispatch.state == DispatchState.FINISHED
    assert [message.recipient for message in sms_gateway.messages] == ["+96170100001"]
    assert "حريق" in next(iter(sms_gateway.messages)).text
    (mail,) = mailbox.messages
    assert mail.recipients == ("reader@people.example",)
    assert "port of Beirut" in mail.text
    assert {status for status, _ in statuses(dispatch)} == {DeliveryStatus.HANDED_OVER}
    assert Delivery.objects.get(registrant_id=here.pk).proof_id is not None


def test_a_family_phone_gets_one_sms_and_everybody_counts(sms_gateway) -> None:
    shared = phone()
    for name in ("Mother", "Father", "Child"):
        register(given_names=name, phones=[shared])
    dispatch = released(crisis())
    send_all(dispatch)
    assert len(sms_gateway.messages) == 1
    assert dispatch.member_count == 3
    found = [status for status, _ in statuses(dispatch)]
    assert found.count(DeliveryStatus.HANDED_OVER) == 1
    assert found.count(DeliveryStatus.SHARED) == 2


def test_a_shared_phone_is_found_across_slices(sms_gateway, monkeypatch) -> None:
    monkeypatch.setattr(addressing, "FIRST_SLICE_PEOPLE", 2)
    monkeypatch.setattr(addressing, "SLICE_PEOPLE", 2)
    shared = phone()
    people = [register(phones=[shared if number % 3 == 0 else phone()]) for number in range(9)]
    dispatch = released(crisis())
    assert addressing.freeze(dispatch.pk) == 5
    sending.drain(lane=Lane.CRISIS)
    assert len(sms_gateway.messages) == 7
    assert dispatch.members.count() == len(people)
    seqs = list(dispatch.deliveries.order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(9))


def test_freezing_twice_writes_nobody_twice(sms_gateway) -> None:
    register()
    dispatch = released(crisis())
    assert addressing.freeze(dispatch.pk) == 1
    assert addressing.freeze(dispatch.pk) == 0
    assert dispatch.members.count() == 1


def test_a_freeze_that_died_goes_on_where_it_was(sms_gateway, monkeypatch) -> None:
    monkeypatch.setattr(addressing, "FIRST_SLICE_PEOPLE", 3)
    monkeypatch.setattr(addressing, "SLICE_PEOPLE", 3)
    for _ in range(10):
        register()
    dispatch = released(crisis())
    write_slice = addressing._write_slice
    calls = []

    def die_at_the_third(*args):
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return write_slice(*args)

    monkeypatch.setattr(addressing, "_write_slice", die_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        addressing.freeze(dispatch.pk)
    monkeypatch.setattr(addressing, "_write_slice", write_slice)
    # What was written is already on its way.
    sending.drain(lane=Lane.CRISIS)
    assert 0 < len(sms_gateway.messages) < 10
    addressing.freeze(dispatch.pk)
    sending.drain(lane=Lane.CRISIS)
    assert len(sms_gateway.messages) == len({m.recipient for m in sms_gateway.messages}) == 10


def test_consent_withdrawn_after_the_freeze_is_honoured_at_the_hand_over(sms_gateway) -> None:
    stays, leaves = register(), register()
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    record_answers(
        actor=Actor.person(leaves.pk),
        subject_id=leaves.pk,
        language="en",
        answers={"crisis_alert_sms": False},
        channel="web",
        method="button",
    )
    sending.drain(lane=Lane.CRISIS)
    assert len(sms_gateway.messages) == 1
    by_person = dict(
        Delivery.objects.filter(dispatch=dispatch).values_list("registrant_id", "reason")
    )
    assert by_person == {stays.pk: "", leaves.pk: "consent-withdrawn"}


def test_a_person_erased_after_the_freeze_gets_nothing(sms_gateway) -> None:
    person = register()
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    erase_person(actor=Actor.person(person.pk), person=person)
    sending.drain(lane=Lane.CRISIS)
    assert list(sms_gateway.messages) == []
    assert statuses(dispatch) == [(DeliveryStatus.SKIPPED, "erased")]


def test_a_contact_removed_after_the_freeze_gets_nothing(sms_gateway) -> None:
    person = register(phones=[phone(), phone()])
    first = ContactPoint.objects.filter(registrant=person).order_by("created_at").first()
    assert first is not None
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    remove_contact(
        actor=Actor.person(person.pk), person=person, point=first, proved_by=stood(first)
    )
    sending.drain(lane=Lane.CRISIS)
    assert len(sms_gateway.messages) == 1
    assert sorted(statuses(dispatch)) == [
        (DeliveryStatus.HANDED_OVER, ""),
        (DeliveryStatus.SKIPPED, "contact-removed"),
    ]


def test_a_message_that_expired_is_not_sent_late(sms_gateway) -> None:
    register()
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    later = timezone.now() + datetime.timedelta(days=1)
    import time_machine

    with time_machine.travel(later, tick=True):
        sending.drain(lane=Lane.CRISIS)
    assert list(sms_gateway.messages) == []
    assert statuses(dispatch) == [(DeliveryStatus.SKIPPED, "expired")]


def test_a_dead_workers_chunk_is_taken_over_and_its_writes_refused(sms_gateway, settings) -> None:
    settings.SENDING_LEASE_SECONDS = 0.2
    for _ in range(30):
        register()
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    with open_connection() as dead, open_connection() as alive:
        lease = leasing.claim(dead, lane=Lane.CRISIS)
        assert lease is not None
        assert leasing.claim(alive, lane=Lane.CRISIS) is None
        threading.Event().wait(0.4)
        taken = leasing.claim(alive, lane=Lane.CRISIS)
        assert taken is not None
        assert (taken.chunk_id, taken.is_careful) == (lease.chunk_id, True)
        assert taken.token > lease.token
        assert leasing.flush(dead, lease, cursor=5, results=[]) is None
        assert leasing.flush(alive, taken, cursor=5, results=[]) == "running"
        leasing.release(alive, taken)
    settings.SENDING_LEASE_SECONDS = 15
    sending.drain(lane=Lane.CRISIS)
    assert len(sms_gateway.messages) == 25


def test_a_message_that_kills_its_sender_is_given_up_and_the_others_go(sms_gateway) -> None:
    for _ in range(12):
        register()
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    poison = 4

    class Dies(Exception):
        pass

    class Deadly(RouteBook):
        """A way out on which one certain message takes its sender with it."""

        def route(self, channel, *, is_exercise):
            inner = super().route(channel, is_exercise=is_exercise)
            victim = Delivery.objects.get(dispatch=dispatch, seq=poison)
            number = ContactPoint.objects.get(pk=victim.contact_point_id).value

            class Route:
                window = inner.window

                def send(self, messages, *, is_exercise):
                    def watched():
                        for message in messages:
                            if message.recipient_e164 == number:
                                raise Dies
                            yield message

                    return inner.send(watched(), is_exercise=is_exercise)

            return Route()

    for _ in range(20):
        # As a killed process leaves it: no release, the lease simply ends.
        Chunk.objects.filter(dispatch=dispatch, lease_until__isnull=False).update(
            lease_until=timezone.now() - datetime.timedelta(seconds=1)
        )
        try:
            if not sending.drain(lane=Lane.CRISIS, routes=Deadly()):
                break
        except Dies:
            continue
    dispatch.refresh_from_db()
    assert dispatch.state == DispatchState.FINISHED
    victim = Delivery.objects.get(dispatch=dispatch, seq=poison)
    assert (victim.status, victim.reason) == (DeliveryStatus.UNKNOWN, "sender-died")
    assert victim.attempts <= dispatch.max_copies + 1
    others = Delivery.objects.filter(dispatch=dispatch).exclude(seq=poison)
    assert set(others.values_list("status", flat=True)) == {DeliveryStatus.HANDED_OVER}
    assert len({message.recipient for message in sms_gateway.messages}) == 11


def test_pause_holds_resume_goes_on_and_nobody_is_sent_twice(sms_gateway) -> None:
    for _ in range(6):
        register()
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    dispatch.refresh_from_db()
    author = staff(Role.AUTHOR)
    pause_dispatch(actor=author, dispatch=dispatch)
    assert sending.drain(lane=Lane.CRISIS) == 0
    resume_dispatch(actor=author, dispatch=dispatch)
    sending.drain(lane=Lane.CRISIS)
    assert len(sms_gateway.messages) == len({m.recipient for m in sms_gateway.messages}) == 6


def test_cancel_stops_what_was_not_handed_over(sms_gateway) -> None:
    for _ in range(5):
        register()
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    dispatch.refresh_from_db()
    assert cancel_dispatch(actor=staff(Role.APPROVER), dispatch=dispatch) == 5
    sending.drain(lane=Lane.CRISIS)
    sweeping.sweep()
    assert list(sms_gateway.messages) == []
    assert {status for status, _ in statuses(dispatch)} == {DeliveryStatus.CANCELLED}
    dispatch.refresh_from_db()
    assert dispatch.state == DispatchState.CANCELLED


def test_a_closed_route_waits_and_loses_nobody(sms_gateway, settings) -> None:
    for _ in range(3):
        register()
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    good = settings.SMS_URL
    settings.SMS_URL = "http://:x@127.0.0.1:1/send"
    settings.ROUTE_WAIT_SECONDS = 0.01
    sending.drain(lane=Lane.CRISIS, seconds=0.3)
    assert {status for status, _ in statuses(dispatch)} == {DeliveryStatus.QUEUED}
    settings.SMS_URL = good
    threading.Event().wait(0.05)
    sending.drain(lane=Lane.CRISIS)
    assert {status for status, _ in statuses(dispatch)} == {DeliveryStatus.HANDED_OVER}
    assert len(sms_gateway.messages) == 3


def test_a_refused_address_fails_with_its_reason_and_the_next_one_goes(sms_gateway) -> None:
    register(phones=["+96170000321"])
    refused = register()
    number = ContactPoint.objects.get(registrant=refused).value
    sms_gateway.set_fate(number, Fate.INVALID)
    dispatch = released(crisis())
    send_all(dispatch)
    found = Delivery.objects.get(dispatch=dispatch, registrant_id=refused.pk)
    assert found.status == DeliveryStatus.FAILED
    assert found.reason.startswith("http-400")
    assert Attempt.objects.filter(dispatch=dispatch).count() == 1
    assert len(sms_gateway.messages) == 1


def test_an_exercise_reaches_only_the_exercise_route(
    mailbox, sms_gateway, exercise_mailbox, exercise_sms_gateway
) -> None:
    register(emails=["somebody@people.example"], phones=[phone()])
    dispatch = released(crisis(is_exercise=True))
    send_all(dispatch)
    assert dispatch.state == DispatchState.FINISHED
    assert (len(mailbox.messages), len(sms_gateway.messages)) == (0, 0)
    assert len(exercise_mailbox.messages) == len(exercise_sms_gateway.messages) == 1
    assert "EXERCISE" in next(iter(exercise_sms_gateway.messages)).text


def test_crisis_overtakes_routine(sms_gateway) -> None:
    register()
    first = released(crisis())
    Dispatch.objects.filter(pk=first.pk).update(lane=Lane.ROUTINE)
    addressing.freeze(first.pk)
    second = released(crisis())
    addressing.freeze(second.pk)
    with open_connection() as worker:
        lease = leasing.claim(worker, lane=Lane.ROUTINE)
        assert lease is not None
        assert lease.dispatch_id == second.pk
        # A pool that takes crisis only leaves the rest alone.
        assert leasing.claim(worker, lane=Lane.CRISIS) is None


def test_a_message_and_its_log_lines_hold_no_address(sms_gateway, caplog) -> None:
    register(phones=["+96170987654"])
    dispatch = released(crisis())
    with caplog.at_level("DEBUG"):
        send_all(dispatch)
    assert "chunk worked" in caplog.text
    assert "987654" not in caplog.text
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(d::text, '') FROM notifications_delivery d WHERE dispatch_id = %s",
            [dispatch.pk],
        )
        assert "987654" not in cursor.fetchone()[0]
