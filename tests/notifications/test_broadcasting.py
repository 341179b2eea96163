"""Two people, frozen words, the right size: by the services, and by the database again."""

from __future__ import annotations

import datetime
from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import Mandate, Role, StaffUser
from audit.models import AuditEvent
from crises.models import AffectedArea
from crises.services import NotAllowed, close_crisis, name_places
from demo.mailbox import Mailbox
from demo.smsgateway import SmsGateway
from notifications import addressing, sending
from notifications.channels.protocol import OutgoingSms, WrongRoute
from notifications.models import (
    Broadcast,
    BroadcastKind,
    BroadcastState,
    BroadcastText,
    Delivery,
    DeliveryStatus,
    Dispatch,
    DispatchState,
    Lane,
    MessageVersion,
)
from notifications.previewing import audience_rule
from notifications.routing import RouteBook
from notifications.services.broadcasting import (
    BroadcastEntry,
    TextEntry,
    approve_broadcast,
    return_broadcast,
    submit_broadcast,
    write_broadcast,
)
from notifications.services.correcting import end_crisis, prepare_correction
from notifications.services.steering import cancel_dispatch, pause_dispatch
from registry.models import Channel
from tests.people import ENGLISH, crisis, register, released, staff, submitted

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)


@pytest.fixture
def author() -> StaffUser:
    return staff(Role.AUTHOR)


@pytest.fixture
def approver() -> StaffUser:
    return staff(Role.APPROVER)


def both(user: StaffUser) -> StaffUser:
    """Give an author the approver's mandate too: the hardest case for "another person"."""
    Mandate.objects.create(user=user, role=Role.APPROVER)
    return user


def entry(**changes: object) -> BroadcastEntry:
    values: dict[str, object] = {
        "kind": BroadcastKind.ALERT,
        "severity": "Severe",
        "urgency": "Immediate",
        "certainty": "Observed",
        "expires_at": timezone.now() + datetime.timedelta(hours=6),
        "fallback_language": "en",
        "texts": {"en": ENGLISH},
        "expected_count": 10,
        **changes,
    }
    return BroadcastEntry(**values)  # type: ignore[arg-type]


def acts() -> list[str]:
    return list(
        AuditEvent.objects.filter(act__startswith="notifications.")
        .order_by("pk")
        .values_list("act", flat=True)
    )


# --- the way of a broadcast -----------------------------------------------------------


def test_from_draft_to_dispatch_each_step_writes_its_event(
    author: StaffUser, approver: StaffUser
) -> None:
    register()
    in_crisis = crisis(opened_by=author)
    broadcast = write_broadcast(actor=author, crisis=in_crisis, entry=entry())
    assert broadcast.state == BroadcastState.DRAFT
    counted = submit_broadcast(actor=author, broadcast=broadcast)
    assert (counted.reachable, broadcast.submitted_count) == (1, 1)
    dispatch = approve_broadcast(actor=approver, broadcast=broadcast, typed_count=1)
    broadcast.refresh_from_db()
    assert (broadcast.state, broadcast.approved_by) == (BroadcastState.APPROVED, approver)
    assert dispatch.state == DispatchState.FREEZING
    assert dispatch.message.texts["en"]["sms"].startswith("Fire.")
    assert dispatch.message.cap_message_type == "Alert"
    assert acts() == [
        "notifications.broadcast-written",
        "notifications.broadcast-submitted",
        "notifications.broadcast-approved",
    ]


def test_a_returned_broadcast_is_changed_and_submitted_again(
    author: StaffUser, approver: StaffUser
) -> None:
    register()
    broadcast = submitted(crisis(), author=author)
    return_broadcast(actor=approver, broadcast=broadcast, note="Name the street.")
    broadcast.refresh_from_db()
    assert (broadcast.state, broadcast.returned_note) == (
        BroadcastState.RETURNED,
        "Name the street.",
    )
    write_broadcast(actor=author, crisis=broadcast.crisis, entry=entry(), broadcast=broadcast)
    submit_broadcast(actor=author, broadcast=broadcast)
    approve_broadcast(actor=approver, broadcast=broadcast, typed_count=1)
    assert Dispatch.objects.count() == 1


def test_nobody_approves_what_was_approved(author: StaffUser, approver: StaffUser) -> None:
    register()
    broadcast = submitted(crisis(), author=author)
    approve_broadcast(actor=approver, broadcast=broadcast, typed_count=1)
    with pytest.raises(NotAllowed):
        approve_broadcast(actor=staff(Role.APPROVER), broadcast=broadcast, typed_count=1)
    with pytest.raises(NotAllowed):
        return_broadcast(actor=approver, broadcast=broadcast, note="Too late")
    with pytest.raises(NotAllowed):
        write_broadcast(actor=author, crisis=broadcast.crisis, entry=entry(), broadcast=broadcast)
    assert Dispatch.objects.count() == 1


# --- another person -------------------------------------------------------------------


def test_the_author_cannot_approve_even_with_the_mandate(author: StaffUser) -> None:
    register()
    both(author)
    broadcast = submitted(crisis(), author=author)
    with pytest.raises(NotAllowed):
        approve_broadcast(actor=author, broadcast=broadcast, typed_count=1)
    with pytest.raises(NotAllowed):
        return_broadcast(actor=author, broadcast=broadcast, note="")


@pytest.mark.parametrize("role", [Role.AUTHOR, Role.OFFICER, Role.AUDITOR, Role.DATA_PROTECTION])
def test_only_an_approver_approves(role: Role) -> None:
    register()
    broadcast = submitted(crisis())
    with pytest.raises(NotAllowed):
        approve_broadcast(actor=staff(role), broadcast=broadcast, typed_count=1)


@pytest.mark.parametrize("role", [Role.APPROVER, Role.OFFICER, Role.AUDITOR])
def test_only_an_author_writes_and_only_their_own(role: Role, author: StaffUser) -> None:
    in_crisis = crisis()
    with pytest.raises(NotAllowed):
        write_broadcast(actor=staff(role), crisis=in_crisis, entry=entry())
    broadcast = write_broadcast(actor=author, crisis=in_crisis, entry=entry())
    other = staff(Role.AUTHOR)
    with pytest.raises(NotAllowed):
        write_broadcast(actor=other, crisis=in_crisis, entry=entry(), broadcast=broadcast)
    with pytest.raises(NotAllowed):
        submit_broadcast(actor=other, broadcast=broadcast)


def sql_refuses(statement: str, *parameters: int | str | UUID | None) -> None:
    """Run a statement as somebody at the database would; it must be refused."""
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_database_refuses_an_author_who_approves(author: StaffUser) -> None:
    register()
    broadcast = submitted(crisis(), author=author)
    sql_refuses(
        """UPDATE notifications_broadcast SET state = 'approved', approved_by_id = author_id,
                  approved_at = now(), typed_count = submitted_count WHERE id = %s""",
        broadcast.pk,
    )


def test_the_database_refuses_approval_without_the_number(approver: StaffUser) -> None:
    register()
    broadcast = submitted(crisis())
    for typed in (None, 2):
        sql_refuses(
            """UPDATE notifications_broadcast SET state = 'approved', approved_by_id = %s,
                      approved_at = now(), typed_count = %s WHERE id = %s""",
            approver.pk,
            typed,
            broadcast.pk,
        )


def test_the_database_refuses_approval_of_what_was_not_submitted(
    author: StaffUser, approver: StaffUser
) -> None:
    broadcast = write_broadcast(actor=author, crisis=crisis(), entry=entry())
    sql_refuses(
        """UPDATE notifications_broadcast SET state = 'approved', approved_by_id = %s,
                  approved_at = now(), typed_count = 1, submitted_count = 1 WHERE id = %s""",
        approver.pk,
        broadcast.pk,
    )


def test_the_database_refuses_a_dispatch_nobody_released(author: StaffUser) -> None:
    register()
    broadcast = submitted(crisis(), author=author)
    message = MessageVersion.objects.create(
        kind="broadcast", texts={}, fallback_language="en", sha256=""
    )
    statement = """INSERT INTO notifications_dispatch
                       (public_id, message_id, broadcast_id, crisis_id, is_exercise, lane, state,
                        audience_rule, max_copies, created_at, member_count, delivery_count)
                   VALUES (gen_random_uuid(), %s, %s, %s, false, 3, 'freezing', '{}', 3, now(),
                           0, 0)"""
    sql_refuses(statement, message.pk, broadcast.pk, broadcast.crisis_id)
    # Nor the same words without their broadcast.
    sql_refuses(statement, message.pk, None, broadcast.crisis_id)
    assert not Dispatch.objects.exists()


def test_the_database_refuses_to_undo_an_approval() -> None:
    register()
    dispatch = released(crisis())
    sql_refuses(
        "UPDATE notifications_broadcast SET state = 'draft' WHERE id = %s", dispatch.broadcast_id
    )


# --- frozen words ---------------------------------------------------------------------


def test_submitted_words_do_not_change() -> None:
    register()
    broadcast = submitted(crisis())
    text = broadcast.texts.first()
    assert text is not None
    for change in (
        lambda: BroadcastText.objects.filter(pk=text.pk).update(sms_body="Leave now."),
        lambda: BroadcastText.objects.filter(pk=text.pk).delete(),
        lambda: BroadcastText.objects.create(
            broadcast=broadcast, language="es", subject="x", email_body="x", sms_body="x"
        ),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_frozen_messages_do_not_change() -> None:
    register()
    dispatch = released(crisis())
    with pytest.raises(DatabaseError), transaction.atomic():
        MessageVersion.objects.filter(pk=dispatch.message_id).update(texts={})


# --- what cannot go out ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"expected_count": None}, "no-expectation"),
        ({"expected_count": 1}, "too-many"),
        ({"expires_at": timezone.now() - datetime.timedelta(seconds=1)}, "expired"),
        ({"fallback_language": "fr"}, "fallback"),
        ({"texts": {"en": TextEntry("Fire", "Fire", "Fire! " * 110)}}, "too-long"),
    ],
)
def test_what_is_not_right_is_not_submitted(
    author: StaffUser, changes: dict[str, object], code: str
) -> None:
    for _ in range(3):
        register()
    broadcast = write_broadcast(actor=author, crisis=crisis(), entry=entry(**changes))
    with pytest.raises(ValidationError) as caught:
        submit_broadcast(actor=author, broadcast=broadcast)
    assert caught.value.code == code
    broadcast.refresh_from_db()
    assert broadcast.state == BroadcastState.DRAFT


def test_twice_the_expected_number_is_still_believed(author: StaffUser) -> None:
    for _ in range(4):
        register()
    broadcast = write_broadcast(actor=author, crisis=crisis(), entry=entry(expected_count=2))
    assert submit_broadcast(actor=author, broadcast=broadcast).reachable == 4


def test_a_message_to_nobody_or_nowhere_is_not_submitted(author: StaffUser) -> None:
    nobody = write_broadcast(actor=author, crisis=crisis(("TR", "TR-34")), entry=entry())
    with pytest.raises(ValidationError, match="Nobody"):
        submit_broadcast(actor=author, broadcast=nobody)
    in_crisis = crisis()
    AffectedArea.objects.filter(crisis=in_crisis).delete()
    nowhere = write_broadcast(actor=author, crisis=in_crisis, entry=entry())
    with pytest.raises(ValidationError, match="place"):
        submit_broadcast(actor=author, broadcast=nowhere)


def test_the_wrong_number_releases_nothing(approver: StaffUser) -> None:
    register()
    broadcast = submitted(crisis())
    for typed in (0, 2, 10):
        with pytest.raises(ValidationError) as caught:
            approve_broadcast(actor=approver, broadcast=broadcast, typed_count=typed)
        assert caught.value.code == "wrong-count"
    assert not Dispatch.objects.exists()


def test_what_ran_out_while_waiting_is_not_released(approver: StaffUser) -> None:
    register()
    broadcast = submitted(crisis())
    Broadcast.objects.filter(pk=broadcast.pk).update(expires_at=timezone.now())
    with pytest.raises(ValidationError) as caught:
        approve_broadcast(actor=approver, broadcast=broadcast, typed_count=1)
    assert caught.value.code == "expired"


def test_places_that_changed_after_submission_send_it_back(
    author: StaffUser, approver: StaffUser
) -> None:
    register()
    in_crisis = crisis(opened_by=author)
    broadcast = submitted(in_crisis, author=author)
    name_places(actor=author, crisis=in_crisis, places=[("TR", None)], is_excluded=False)
    with pytest.raises(ValidationError) as caught:
        approve_broadcast(actor=approver, broadcast=broadcast, typed_count=1)
    assert caught.value.code == "places-changed"


def test_many_more_people_than_expected_at_approval_stop_it(approver: StaffUser) -> None:
    register()
    broadcast = submitted(crisis(), expected_count=2)
    for _ in range(4):
        register()
    with pytest.raises(ValidationError) as caught:
        approve_broadcast(actor=approver, broadcast=broadcast, typed_count=1)
    assert caught.value.code == "too-many"


# --- closing --------------------------------------------------------------------------


def test_a_closed_crisis_takes_no_new_alert(author: StaffUser) -> None:
    in_crisis = crisis()
    close_crisis(actor=author, crisis=in_crisis)
    in_crisis.refresh_from_db()
    with pytest.raises(ValidationError) as caught:
        write_broadcast(actor=author, crisis=in_crisis, entry=entry())
    assert caught.value.code == "closed"


def test_a_crisis_is_not_closed_over_somebodys_head(author: StaffUser, approver: StaffUser) -> None:
    register()
    in_crisis = crisis()
    broadcast = submitted(in_crisis)
    with pytest.raises(ValidationError) as caught:
        end_crisis(actor=author, crisis=in_crisis)
    assert caught.value.code == "waiting"
    dispatch = approve_broadcast(actor=approver, broadcast=broadcast, typed_count=1)
    with pytest.raises(ValidationError) as caught:
        end_crisis(actor=author, crisis=in_crisis)
    assert caught.value.code == "sending"
    cancel_dispatch(actor=author, dispatch=dispatch)
    end_crisis(actor=author, crisis=in_crisis)
    in_crisis.refresh_from_db()
    assert in_crisis.closed_at is not None


# --- correcting -----------------------------------------------------------------------


def test_a_cancel_lies_ready_for_exactly_those_reached(
    author: StaffUser, approver: StaffUser
) -> None:
    register()
    dispatch = released(crisis())
    assert dispatch.broadcast is not None
    draft = prepare_correction(
        actor=author, broadcast=dispatch.broadcast, kind=BroadcastKind.CANCEL
    )
    assert audience_rule(draft).reached_by == (dispatch.pk,)
    assert {text.language for text in draft.texts.all()} == {"en", "fr", "es", "ar"}
    again = prepare_correction(
        actor=author, broadcast=dispatch.broadcast, kind=BroadcastKind.CANCEL
    )
    assert again.pk == draft.pk
    with pytest.raises(ValidationError, match="Nobody"):
        submit_broadcast(actor=author, broadcast=draft)
    with pytest.raises(NotAllowed):
        prepare_correction(actor=approver, broadcast=dispatch.broadcast, kind=BroadcastKind.CANCEL)
    with pytest.raises(NotAllowed):
        prepare_correction(actor=author, broadcast=dispatch.broadcast, kind=BroadcastKind.ALERT)
    with pytest.raises(NotAllowed):
        prepare_correction(actor=author, broadcast=draft, kind=BroadcastKind.CANCEL)


def send_all(dispatch: Dispatch) -> set[object]:
    addressing.freeze(dispatch.pk)
    sending.drain(lane=Lane.CRISIS)
    dispatch.refresh_from_db()
    assert dispatch.state == DispatchState.FINISHED
    return set(dispatch.members.values_list("registrant_id", flat=True))


def release(author: StaffUser, approver: StaffUser, broadcast: Broadcast) -> Dispatch:
    submit_broadcast(actor=author, broadcast=broadcast)
    assert broadcast.submitted_count is not None
    return approve_broadcast(
        actor=approver, broadcast=broadcast, typed_count=broadcast.submitted_count
    )


@committed
def test_cancel_and_all_clear_reach_those_who_were_reached_and_nobody_else(
    author: StaffUser, approver: StaffUser, sms_gateway: SmsGateway
) -> None:
    in_crisis = crisis(opened_by=author)
    first = register()
    alert = released(in_crisis, approver=approver)
    send_all(alert)
    # The update goes further; somebody of it cannot be reached.
    name_places(actor=author, crisis=in_crisis, places=[("LB", "LB-JL")], is_excluded=False)
    second, third = register(area="LB-JL"), register(area="LB-JL")
    update = release(
        author,
        approver,
        write_broadcast(
            actor=author,
            crisis=in_crisis,
            entry=entry(kind=BroadcastKind.UPDATE, refers_to=alert.broadcast),
        ),
    )
    assert send_all(update) == {first.pk, second.pk, third.pk}
    Delivery.objects.filter(dispatch=update, registrant_id=third.pk).update(
        status=DeliveryStatus.FAILED
    )
    assert alert.broadcast is not None
    assert update.broadcast is not None
    register()
    sms_gateway.clear()
    cancel = release(
        author,
        approver,
        prepare_correction(actor=author, broadcast=alert.broadcast, kind=BroadcastKind.CANCEL),
    )
    assert send_all(cancel) == {first.pk}
    assert cancel.message.cap_message_type == "Cancel"
    assert cancel.message.cap_references == alert.message.cap_identifier
    (sent,) = sms_gateway.messages
    assert "MISTAKE" in sent.text
    all_clear = release(
        author,
        approver,
        prepare_correction(actor=author, broadcast=update.broadcast, kind=BroadcastKind.ALL_CLEAR),
    )
    assert send_all(all_clear) == {first.pk, second.pk}


# --- exercises stay apart -------------------------------------------------------------


@committed
def test_an_exercise_leaves_by_exercise_routes_alone(
    sms_gateway: SmsGateway,
    mailbox: Mailbox,
    exercise_sms_gateway: SmsGateway,
    exercise_mailbox: Mailbox,
) -> None:
    register(emails=["amal@people.example"], phones=["+96170999999"])
    send_all(released(crisis(is_exercise=True)))
    assert len(sms_gateway.messages) == len(mailbox.messages) == 0
    (sms,) = exercise_sms_gateway.messages
    (mail,) = exercise_mailbox.messages
    assert sms.text.startswith("EXERCISE")
    assert mail.subject.startswith("[EXERCISE]")


@committed
def test_a_live_route_refuses_an_exercise_whoever_asks(sms_gateway: SmsGateway) -> None:
    message = OutgoingSms("+96170999999", "EXERCISE", "ref", 60)
    book = RouteBook()
    for is_exercise in (False, True):
        with pytest.raises(WrongRoute):
            list(
                book.route(Channel.SMS, is_exercise=is_exercise).send(
                    [message], is_exercise=not is_exercise
                )
            )
    book.close()
    assert len(sms_gateway.messages) == 0


@pytest.mark.parametrize("channel", Channel)
def test_without_exercise_routes_an_exercise_goes_nowhere(
    channel: Channel, settings: object
) -> None:
    settings.EXERCISE_SMS_URL = settings.EXERCISE_MAIL_URL = ""  # type: ignore[attr-defined]
    with pytest.raises(ImproperlyConfigured):
        RouteBook().route(channel, is_exercise=True)


def test_the_database_keeps_exercise_and_real_apart() -> None:
    register()
    drill = submitted(crisis(is_exercise=True))
    sql_refuses("UPDATE notifications_broadcast SET is_exercise = false WHERE id = %s", drill.pk)
    dispatch = released(crisis(is_exercise=True))
    sql_refuses("UPDATE notifications_dispatch SET is_exercise = false WHERE id = %s", dispatch.pk)


# --- steering -------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.OFFICER, Role.AUDITOR, Role.DATA_PROTECTION])
def test_only_the_ministry_holds_back(role: Role) -> None:
    register()
    dispatch = released(crisis())
    with pytest.raises(NotAllowed):
        cancel_dispatch(actor=staff(role), dispatch=dispatch)
    with pytest.raises(NotAllowed):
        pause_dispatch(actor=staff(role), dispatch=dispatch)
