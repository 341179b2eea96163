"""Messages to one person: codes, links, an officer's words. Same rows, same engine as an alert."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from consent.models import Basis
from encryption.identifiers import new_id
from notifications.models import (
    AudienceMember,
    Chunk,
    Delivery,
    Dispatch,
    DispatchState,
    Lane,
    MessageKind,
    MessageVersion,
    PersonalText,
)
from notifications.waking import wake_lane
from notifications.wording import digest_of, service_texts
from registry.models import ContactPoint


@lru_cache(maxsize=8)
def _texts_and_digest(kind: MessageKind) -> tuple[dict[str, dict[str, str]], str]:
    texts = service_texts(kind)
    return texts, digest_of(texts)


def service_message(kind: MessageKind) -> MessageVersion:
    """Return the frozen version of one of our own messages, freezing it at first use."""
    texts, digest = _texts_and_digest(kind)
    found = MessageVersion.objects.filter(kind=kind, sha256=digest).order_by("pk").first()
    return found or MessageVersion.objects.create(
        kind=kind, texts=texts, sha256=digest, fallback_language="en"
    )


def dispatch_to_one(
    *,
    kind: MessageKind,
    point: ContactPoint,
    language: str,
    contact_proof_id: int | None = None,
    words: str = "",
    words_id: UUID | None = None,
    lane: Lane = Lane.URGENT,
) -> Dispatch:
    """Write a dispatch with one delivery and, after commit, wake a sending loop.

    words: an officer's own words, for MessageKind.PERSONAL; kept sealed beside the dispatch,
    under the id `words_id` if one is given. Raises IntegrityError when that id is taken.
    """
    now = timezone.now()
    with transaction.atomic():
        dispatch = Dispatch.objects.create(
            message=service_message(kind),
            lane=lane,
            state=DispatchState.RUNNING,
            released_at=now,
            frozen_at=now,
            member_count=1,
            delivery_count=1,
        )
        if words:
            _keep_words(dispatch, point.registrant_id, words, words_id or new_id())
        AudienceMember.objects.create(
            dispatch=dispatch, number=0, registrant_id=point.registrant_id, language=language
        )
        Delivery.objects.create(
            dispatch=dispatch,
            seq=0,
            member_number=0,
            registrant_id=point.registrant_id,
            contact_point_id=point.pk,
            contact_proof_id=contact_proof_id,
            channel=point.channel,
            language=language,
            address_token=point.token,
            basis=Basis.PUBLIC_TASK,
            purpose_code="registry_core",
        )
        Chunk.objects.create(
            dispatch=dispatch, channel=point.channel, lane=lane, lo=0, hi=1, cursor=0, due_at=now
        )
        transaction.on_commit(lambda: wake_lane(lane))
    return dispatch


def _keep_words(dispatch: Dispatch, person_id: UUID, words: str, words_id: UUID) -> None:
    text = PersonalText(id=words_id, dispatch=dispatch, registrant_id=person_id)
    text.body = words
    text.save(force_insert=True)
