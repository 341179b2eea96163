"""Understanding the text messages people send us.

They were stored before they were acknowledged; this is safe to repeat. What nobody but a
person can understand waits for one (`needs_reading`).
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Sequence
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from audit.recording import Actor
from consent.services import record_answers
from encryption.keyring import SealError, keyring
from notifications.acknowledging import acknowledge
from notifications.keywords import Keyword, read_keyword
from notifications.models import (
    AnswerState,
    AnswerVia,
    Delivery,
    InboundMessage,
    StayAnswer,
)
from notifications.services.answering import people_sharing, record_answer
from notifications.services.freshening import answer_stay_question, open_questions
from notifications.signals import stopped_by_sms
from registry.models import Channel, Registrant, Stay
from registry.services.keeping import confirm_stay, person_went_home

logger = logging.getLogger(__name__)

SEAL_PURPOSE = "inbound-message"
_ABOUT_STAYS = {
    Keyword.HERE: StayAnswer.HERE,
    Keyword.MOVED: StayAnswer.MOVED,
    Keyword.HOME: StayAnswer.HOME,
}
# For how long the missing parts of a long message are waited for.
_WAIT_FOR_PARTS = datetime.timedelta(seconds=60)


def apply_inbound(limit: int = 200) -> int:
    """Understand stored text messages; return how many were settled."""
    ids = list(
        InboundMessage.objects.filter(applied_at__isnull=True)
        .order_by("pk")
        .values_list("pk", flat=True)[:limit]
    )
    return sum(_apply_one(message_id) for message_id in ids)


@transaction.atomic
def _apply_one(message_id: int) -> bool:
    message = InboundMessage.objects.filter(pk=message_id, applied_at__isnull=True).first()
    if message is None:
        return False
    # One after the other for one phone: parts, the hourly answer and the order of answers
    # depend on it.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [message.sender_token])
    message = (
        InboundMessage.objects.select_for_update(skip_locked=True)
        .filter(pk=message_id, applied_at__isnull=True)
        .first()
    )
    if message is None:
        return False
    parts = [message]
    is_whole = True
    if message.part_count:
        parts = _parts_with(message)
        is_whole = len({part.part_number for part in parts}) == message.part_count
        newest = max(part.received_at for part in parts)
        if not is_whole and newest > timezone.now() - _WAIT_FOR_PARTS:
            return False
        message = parts[0]
    try:
        text = _joined(parts)
    except SealError:
        logger.error("inbound message cannot be opened id=%s", message.pk)
        _settle(parts, needs_reading=True)
        return True
    keyword = read_keyword(text)
    message.keyword = keyword
    if len(parts) > 1:
        # The first part holds the whole; the others stay as proof that they came.
        message.body = keyring().seal_for_system(SEAL_PURPOSE, text.encode())
    needs_reading = True
    delivery = _latest_delivery(message.sender_token)
    if delivery is not None:
        message.registrant_id = delivery.registrant_id
        needs_reading = not _act(keyword, delivery, text) or not is_whole
        acknowledge(message, delivery, keyword, text)
    _settle(parts, needs_reading=needs_reading)
    return True


def _parts_with(message: InboundMessage) -> list[InboundMessage]:
    """Return the parts that came of one long message, in order."""
    return list(
        InboundMessage.objects.select_for_update()
        .filter(
            provider=message.provider,
            sender_token=message.sender_token,
            part_group=message.part_group,
            part_count=message.part_count,
            applied_at__isnull=True,
        )
        .order_by("part_number", "pk")
    )


def _joined(parts: list[InboundMessage]) -> str:
    """Open and join parts. Raises SealError."""
    opened = {
        part.part_number: keyring()
        .open_for_system(SEAL_PURPOSE, bytes(part.body))
        .decode("utf-8", "surrogatepass")
        for part in parts
    }
    # Phones cut pairs of surrogates in two; joined they are a letter again.
    text = "".join(opened.values())
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _settle(parts: list[InboundMessage], *, needs_reading: bool) -> None:
    first = parts[0]
    first.needs_reading = needs_reading
    for part in parts:
        part.applied_at = timezone.now()
        part.registrant_id = first.registrant_id
        if part is not first:
            part.body = b""
        part.save()


def _latest_delivery(sender_token: int) -> Delivery | None:
    """Return the last message that went to this phone in a crisis, else the last of any kind."""
    sent = (
        Delivery.objects.filter(
            address_token=sender_token, channel=Channel.SMS, shared_with_seq__isnull=True
        )
        .select_related("dispatch")
        .order_by("-dispatch_id")
    )
    return (
        sent.filter(
            dispatch__crisis__closed_at__isnull=True, dispatch__crisis__isnull=False
        ).first()
        or sent.first()
    )


def _act(keyword: Keyword, delivery: Delivery, text: str) -> bool:
    """Do what a keyword asks; False when a person has to read the message."""
    people = list(
        Registrant.objects.filter(pk__in=people_sharing(delivery)).values_list("pk", flat=True)
    )
    if not people:
        return False
    actor = Actor.person(delivery.registrant_id)
    crisis_id = delivery.dispatch.crisis_id
    if keyword == Keyword.STOP:
        for person_id in people:
            _withdraw(person_id)
        return True
    if keyword in _ABOUT_STAYS:
        return _act_on_stays(_ABOUT_STAYS[keyword], people)
    if crisis_id is None or keyword not in (Keyword.SAFE, Keyword.HELP):
        return False
    record_answer(
        actor=actor,
        crisis_id=crisis_id,
        person_ids=people,
        state=AnswerState(keyword.value),
        via=AnswerVia.SMS,
        words=text[:500],
    )
    return True


def _act_on_stays(answer: StayAnswer, people: Sequence[UUID]) -> bool:
    """Take an answer about where people are; False when a person has to read it as well."""
    if answer == StayAnswer.HOME and len(people) > 1:
        # Who of those that share the phone has gone home?
        return False
    for person_id in people:
        actor = Actor.person(person_id)
        for question in open_questions(person_id):
            answer_stay_question(actor=actor, question=question, answer=answer)
        if answer == StayAnswer.HERE:
            for stay in Stay.objects.filter(registrant_id=person_id).current():
                confirm_stay(actor=actor, stay=stay)
        elif answer == StayAnswer.HOME:
            person_went_home(actor=actor, person=Registrant.objects.get(pk=person_id))
    # Where somebody has moved to is for a person to read.
    return answer != StayAnswer.MOVED


def _withdraw(person_id: UUID) -> None:
    """STOP ends every kind of text message to this person, at once and provably."""
    person = Registrant.objects.get(pk=person_id)
    record_answers(
        actor=Actor.person(person.pk),
        subject_id=person.pk,
        language=person.language,
        answers={"crisis_alert_sms": False, "service_news": False},
        channel="sms",
        method="keyword",
    )
    transaction.on_commit(lambda: stopped_by_sms.send_robust(Registrant, person_id=person_id))
