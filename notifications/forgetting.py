"""Nothing of an erased person is left in answers and queues."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from notifications.models import (
    Answer,
    Delivery,
    DeliveryStatus,
    InboundMessage,
    PersonalText,
)


@transaction.atomic
def forget_person(person_id: UUID) -> None:
    """Remove what a person said and was told; their deliveries keep counting, unnamed.

    Queued deliveries are skipped; the address tokens of all of theirs are
    overwritten, so that nothing ties them to a phone any more.
    """
    Answer.objects.filter(registrant_id=person_id).delete()
    PersonalText.objects.filter(registrant_id=person_id).delete()
    InboundMessage.objects.filter(registrant_id=person_id).delete()
    mine = Delivery.objects.filter(registrant_id=person_id)
    mine.filter(status__in=[DeliveryStatus.QUEUED, DeliveryStatus.DEFERRED]).update(
        status=DeliveryStatus.SKIPPED, reason="erased"
    )
