"""Nothing of an erased person is left in answers and queues."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from encryption.erasures import note_finished
from notifications.handing_on import hand_on
from notifications.models import (
    Answer,
    AudienceMember,
    Delivery,
    DeliveryStatus,
    InboundMessage,
    OverrideRecipient,
    PersonalText,
    PhoneTask,
    Suppression,
)
from registry.models import ContactPoint
from registry.services.erasing import settled

# Overwritten row by row: an address must stand in a dispatch once, an erased one too.
_CUT_TIES = """
    UPDATE notifications_delivery
       SET address_token = ('x' || substr(md5(gen_random_uuid()::text), 1, 16))::bit(64)::bigint,
           provider_reference = '', contact_proof_id = NULL
     WHERE registrant_id = ANY(%s)"""


def forget_person(person_id: UUID) -> None:
    """Do what `forget_people` does for one person."""
    forget_people([person_id])


def forget_people(person_ids: Sequence[UUID]) -> None:
    """Remove what people said and were told; their deliveries keep counting, unnamed.

    Queued deliveries are skipped; the address tokens of all of theirs are
    overwritten, so that nothing ties them to a phone any more. Safe to repeat, and
    repeated (registry.services.erasing.finish_erasures): a message that was being sent
    may write down how it went after the first time. A few hundred people at a time, in
    one transaction.
    """
    people = list(person_ids)
    with transaction.atomic():
        Answer.objects.filter(registrant_id__in=people).delete()
        PersonalText.objects.filter(registrant_id__in=people).delete()
        PhoneTask.objects.filter(registrant_id__in=people).delete()
        OverrideRecipient.objects.filter(registrant_id__in=people).delete()
        theirs = Delivery.objects.filter(registrant_id__in=people)
        tokens = set(theirs.values_list("address_token", flat=True))
        others = set(ContactPoint.objects.filter(token__in=tokens).values_list("token", flat=True))
        InboundMessage.objects.filter(
            Q(registrant_id__in=people) | Q(sender_token__in=tokens - others)
        ).delete()
        Suppression.objects.filter(address_token__in=tokens - others).delete()
        _hand_on(theirs)
        theirs.filter(status__in=[DeliveryStatus.QUEUED, DeliveryStatus.DEFERRED]).update(
            status=DeliveryStatus.SKIPPED, reason="erased"
        )
        AudienceMember.objects.filter(registrant_id__in=people).update(answer="", answered_at=None)
        with connection.cursor() as cursor:
            cursor.execute(_CUT_TIES, [people])
    if done := settled(people):
        note_finished(done)


def _hand_on(theirs: QuerySet[Delivery]) -> None:
    """Before the ties are cut: who shared the address must still get what is queued."""
    waiting: dict[int, dict[int, str]] = defaultdict(dict)
    carried = theirs.filter(
        shared_with_seq__isnull=True,
        status__in=[DeliveryStatus.QUEUED, DeliveryStatus.DEFERRED],
    )
    for dispatch_id, seq in carried.values_list("dispatch_id", "seq"):
        waiting[dispatch_id][seq] = "erased"
    with connection.cursor() as cursor:
        for dispatch_id, leavers in sorted(waiting.items()):
            hand_on(cursor, dispatch_id, leavers)
