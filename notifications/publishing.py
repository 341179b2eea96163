"""What everybody may read of a crisis: the messages that two people released, and no count."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Prefetch, QuerySet

from crises.models import Crisis
from notifications.models import Broadcast, BroadcastKind, BroadcastState, BroadcastText
from notifications.wording import LINK_SLOT

# How many messages a page or a feed holds.
MOST_SHOWN = 20


@dataclass(frozen=True)
class PublicMessage:
    """One released message in one language. `is_over`: it was taken back or has run out."""

    id: UUID
    code: str
    kind: BroadcastKind
    language: str
    subject: str
    text: str
    released_at: datetime.datetime
    expires_at: datetime.datetime
    is_cancelled: bool
    crisis: Crisis

    def is_over(self, now: datetime.datetime) -> bool:
        """Whether nobody should act on it any more."""
        return self.is_cancelled or self.expires_at <= now


def released_broadcasts() -> list[Broadcast]:
    """Return the latest released messages of real crises, texts and crises with them."""
    return list(_released()[:MOST_SHOWN])


def messages_of(crisis: Crisis, language: str) -> list[PublicMessage]:
    """Return a crisis's released messages in a language, newest first."""
    found = _released().filter(crisis=crisis)[:MOST_SHOWN]
    return [public_message(broadcast, language) for broadcast in found]


def message_with_code(code: str, language: str) -> PublicMessage | None:
    """Return the released message with this code; those of exercises as well."""
    found = _released(with_exercises=True).filter(code=code).first()
    return public_message(found, language) if found else None


def released_broadcast(public_id: UUID) -> Broadcast | None:
    """Return one released message of a real crisis."""
    return _released().filter(public_id=public_id).first()


def public_message(broadcast: Broadcast, language: str) -> PublicMessage:
    """Return a released message in a language, or in the one its author chose instead."""
    texts = {text.language: text for text in broadcast.texts.all()}
    text = _best(texts, [language, broadcast.fallback_language])
    assert broadcast.approved_at is not None
    return PublicMessage(
        id=broadcast.public_id,
        code=broadcast.code,
        kind=BroadcastKind(broadcast.kind),
        language=text.language,
        subject=text.subject,
        text=without_link(text.email_body),
        released_at=broadcast.approved_at,
        expires_at=broadcast.expires_at,
        is_cancelled=any(
            later.kind == BroadcastKind.CANCEL
            for later in broadcast.released_after  # type: ignore[attr-defined]
        ),
        crisis=broadcast.crisis,
    )


def without_link(text: str) -> str:
    """Return a text without the place of the personal link, and without its line if alone."""
    lines = (line.replace(LINK_SLOT, "").rstrip() for line in text.splitlines())
    return "\n".join(lines).strip()


def _best(texts: dict[str, BroadcastText], languages: Sequence[str]) -> BroadcastText:
    for language in [*languages, settings.LANGUAGE_CODE, *texts]:
        if language in texts:
            return texts[language]
    raise LookupError("a released message has words")


def _released(*, with_exercises: bool = False) -> QuerySet[Broadcast]:
    released = Broadcast.objects.filter(state=BroadcastState.APPROVED)
    later = released.only("pk", "kind", "refers_to_id")
    found = (
        released.select_related("crisis")
        .prefetch_related(
            "texts", Prefetch("followed_by", queryset=later, to_attr="released_after")
        )
        .order_by("-approved_at", "-pk")
    )
    return found if with_exercises else found.filter(is_exercise=False)
