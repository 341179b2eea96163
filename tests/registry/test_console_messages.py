"""An officer writes to one person: sealed, once, to their own contact, and through the engine."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from audit.models import AuditEvent
from demo.mailbox import Mailbox
from demo.smsgateway import SmsGateway
from encryption.identifiers import new_id
from notifications import addressing, sending
from notifications.models import Answer, Delivery, Dispatch, Lane, PersonalText
from notifications.services.writing import Unreachable, write_to_person
from registry.models import Channel, ContactLogEntry, ContactPoint, Registrant
from tests.people import crisis, register, released, staff
from tests.registry.consoles import officer, open_record_of, words_of

WORDS = "Your passport is ready. Come on Monday."


def point_of(person: Registrant, channel: Channel = Channel.SMS) -> ContactPoint:
    """Return a person's contact of a channel."""
    return ContactPoint.objects.get(registrant=person, channel=channel)


def send(client: Client, person: Registrant, **data: str) -> Any:
    """Send the form and return the page that follows."""
    fields = {
        "message": str(new_id()),
        "contact": str(point_of(person).pk),
        "text": WORDS,
        **data,
    }
    address = reverse("console-messages:message-write", args=[person.pk])
    return client.post(address, fields, follow=True)


@pytest.mark.django_db(transaction=True)
def test_a_message_leaves_to_one_address_and_arrives(
    sms_gateway: SmsGateway, mailbox: Mailbox
) -> None:
    person = register(phones=["+96170123456"], emails=["amal@mail.example"])
    user = staff(Role.OFFICER)
    for channel in (Channel.SMS, Channel.EMAIL):
        write_to_person(
            actor=user,
            person=person,
            point=point_of(person, channel),
            text=WORDS,
            message_id=new_id(),
        )
    sending.drain(lane=Lane.URGENT)
    sms = [message for message in sms_gateway.messages if WORDS in message.text]
    assert [message.recipient for message in sms] == ["+96170123456"]
    mails = [mail for mail in mailbox.messages if WORDS in mail.text]
    assert [mail.recipients for mail in mails] == [("amal@mail.example",)]
    assert "passport" not in mails[0].subject


@pytest.mark.django_db
class TestWriting:
    """The form inside an open record."""

    def test_the_words_are_sealed_logged_and_audited_without_them(self) -> None:
        person = register()
        client = officer()
        open_record_of(client, person)
        page = words_of(send(client, person))
        assert "The message is on its way." in page
        assert WORDS in page
        for model in (PersonalText, ContactLogEntry, Dispatch, Delivery, AuditEvent):
            assert "passport" not in str(list(model.objects.values()))
        event = AuditEvent.objects.get(act="notifications.message-written")
        assert event.subject_id == person.pk
        assert event.detail == {"channel": "sms", "parts": 1}
        assert Delivery.objects.get(dispatch_id=int(event.object_id)).registrant_id == person.pk

    def test_the_same_form_sent_twice_is_one_message(self) -> None:
        person = register()
        client = officer()
        open_record_of(client, person)
        message = str(new_id())
        for _ in range(2):
            send(client, person, message=message)
        assert PersonalText.objects.count() == 1
        assert ContactLogEntry.objects.count() == 1
        assert AuditEvent.objects.filter(act="notifications.message-written").count() == 1

    def test_an_id_taken_by_somebody_elses_message_gives_nothing_away(self) -> None:
        other, person = register(), register()
        taken = new_id()
        write_to_person(
            actor=staff(Role.OFFICER),
            person=other,
            point=point_of(other),
            text="For somebody else",
            message_id=taken,
        )
        client = officer()
        open_record_of(client, person)
        assert "The message is on its way." in words_of(send(client, person, message=str(taken)))
        bodies = {text.registrant_id: text.body for text in PersonalText.objects.all()}
        assert bodies == {other.pk: "For somebody else", person.pk: WORDS}

    def test_how_it_will_look_is_shown_with_its_parts_and_nothing_is_sent(self) -> None:
        person = register()
        client = officer()
        open_record_of(client, person)
        page = words_of(send(client, person, text="جواز سفرك جاهز. " * 6, look="yes"))
        assert "How it will arrive" in page
        assert "SMS parts: 2" in page
        assert not PersonalText.objects.exists()

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            ({"text": ""}, "Write the message."),
            ({"text": "x" * 601}, "600 characters or shorter"),
            ({"text": "a\x00b"}, "cannot be used"),
            ({"contact": ""}, "Choose where to send it."),
            ({"contact": str(UUID(int=5))}, "not in use any more"),
            ({"contact": "everybody"}, "not in use any more"),
        ],
    )
    def test_wrong_input_is_said_and_sends_nothing(
        self, data: dict[str, str], sentence: str
    ) -> None:
        person = register()
        client = officer()
        open_record_of(client, person)
        assert sentence in words_of(send(client, person, **data))
        assert not Dispatch.objects.filter(personal_text__isnull=False).exists()

    def test_a_contact_of_somebody_else_cannot_be_written_to(self) -> None:
        person, other = register(), register()
        client = officer()
        open_record_of(client, person)
        page = words_of(send(client, person, contact=str(point_of(other).pk)))
        assert "not in use any more" in page
        with pytest.raises(Unreachable):
            write_to_person(
                actor=staff(Role.OFFICER),
                person=person,
                point=point_of(other),
                text="x",
                message_id=new_id(),
            )
        assert not PersonalText.objects.exists()

    def test_contacts_that_bounce_or_were_removed_are_not_offered(self) -> None:
        person = register(phones=["+96170123456"], emails=["amal@mail.example"])
        ContactPoint.objects.filter(channel=Channel.EMAIL).update(bounced_at=timezone.now())
        client = officer()
        open_record_of(client, person)
        address = reverse("console-messages:message-write", args=[person.pk])
        page = words_of(client.get(address))
        assert "+96170123456" in page
        assert "amal@mail.example" not in page

    def test_a_message_needs_an_open_record_and_contacts_stay_masked(self) -> None:
        person = register(phones=["+96170123456"])
        page = words_of(send(officer(), person))
        assert "The record has closed meanwhile" in page
        assert WORDS in page
        assert "+96170123456" not in page
        assert not PersonalText.objects.exists()

    def test_what_was_sent_says_what_became_of_it(self) -> None:
        person = register()
        client = officer()
        open_record_of(client, person)
        send(client, person)
        Delivery.objects.filter(
            registrant_id=person.pk, dispatch__personal_text__isnull=False
        ).update(status=30)
        page = words_of(client.get(reverse("console-messages:message-list", args=[person.pk])))
        assert "Message from a post" in page
        assert "Failed" in page


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("outcome", "state"), [("safe", "safe"), ("needs-help", "help"), ("no-answer", None)]
)
def test_what_is_said_on_the_phone_in_a_crisis_is_an_answer(
    outcome: str, state: str | None
) -> None:
    person = register()
    real = crisis(("LB", "LB-BA"))
    addressing.freeze(released(real).pk)
    addressing.freeze(released(crisis(("LB", "LB-BA"), is_exercise=True)).pk)
    client = officer()
    open_record_of(client, person)
    client.post(
        reverse("console:call-note", args=[person.pk]),
        {"entry": str(new_id()), "outcome": outcome},
    )
    answers = [(answer.crisis_id, answer.state, answer.via) for answer in Answer.objects.all()]
    assert answers == ([(real.pk, state, "staff")] if state else [])
