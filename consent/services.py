"""Recording what somebody answered about a purpose."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit.recording import Actor, record
from consent.models import ConsentEvent, ConsentState, GivenBy, NoticeText, Purpose
from encryption.digests import sha256_hex


@dataclass(frozen=True)
class Choice:
    """One purpose as it is put to a person: the words, and how they stood on the page."""

    purpose: Purpose
    notice: NoticeText
    rendered_sha256: str


def choices_for(language: str, codes: Sequence[str] | None = None) -> list[Choice]:
    """Return the optional purposes in one language, each unticked, in their order.

    The digest covers the words, the language, the position and the unticked state.
    """
    notices = (
        NoticeText.objects.filter(language=language, medium="text", purpose__is_optional=True)
        .select_related("purpose")
        .order_by("purpose__position", "-version")
    )
    found: dict[str, Choice] = {}
    for notice in notices:
        purpose = notice.purpose
        if notice.version != purpose.version or (codes is not None and purpose.code not in codes):
            continue
        rendered = sha256_hex(
            "\n".join(
                [
                    purpose.code,
                    language,
                    str(purpose.position),
                    "unticked",
                    notice.title,
                    notice.sentence,
                ]
            )
        )
        found[purpose.code] = Choice(purpose, notice, rendered)
    return list(found.values())


def core_notice(language: str) -> NoticeText:
    """Return the notice everybody reads: what is kept, by whom, and what they may do."""
    return NoticeText.objects.filter(
        purpose_id="registry_core", language=language, medium="text"
    ).latest("version")


@transaction.atomic
def record_answers(
    *,
    actor: Actor,
    subject_id: UUID,
    language: str,
    answers: Mapping[str, bool],
    channel: str,
    method: str,
    given_by: GivenBy = GivenBy.SELF,
    staff_id: UUID | None = None,
    post_id: int | None = None,
    is_for_safety: bool = False,
) -> list[ConsentEvent]:
    """Append one event per purpose answered: given where True; refused or withdrawn where False.

    answers: {purpose code: yes or no}. Purposes left out are not touched. An
    answer that repeats the standing one is still recorded, as renewed or refused.
    is_for_safety: a no is said because being written to is a danger to the person.
    """
    states = current_states(subject_id)
    now = timezone.now()
    events = []
    for choice in choices_for(language, list(answers)):
        code = choice.purpose.code
        standing = states.get(code)
        live = standing in (ConsentState.GIVEN, ConsentState.RENEWED)
        if answers[code]:
            state = ConsentState.RENEWED if live else ConsentState.GIVEN
        else:
            state = ConsentState.WITHDRAWN if live else ConsentState.REFUSED
        events.append(
            ConsentEvent(
                record_id=uuid5(NAMESPACE_URL, f"consent:{subject_id}:{code}"),
                subject_id=subject_id,
                purpose=choice.purpose,
                purpose_version=choice.purpose.version,
                basis=choice.purpose.basis,
                notice=choice.notice,
                notice_sha256=choice.notice.sha256,
                rendered_sha256=choice.rendered_sha256,
                language=language,
                language_asked=language,
                state=state,
                is_for_safety=is_for_safety and not answers[code],
                event_type="explicit",
                occurred_at=now,
                valid_until=now + datetime.timedelta(days=choice.purpose.validity_days),
                given_by=given_by,
                actor_id=actor.id,
                channel=channel,
                method=method,
                staff_id=staff_id,
                post_id=post_id,
                app_build=settings.APP_BUILD,
            )
        )
    saved = ConsentEvent.objects.bulk_create(events)
    record(
        actor,
        "consent.answered",
        subject_id=subject_id,
        detail={"purposes": [f"{event.purpose_id}:{event.state}" for event in saved]},
    )
    return saved


def current_states(subject_id: UUID) -> dict[str, ConsentState]:
    """Return the last state of each purpose the person ever answered."""
    rows = (
        ConsentEvent.objects.filter(subject_id=subject_id)
        .order_by("purpose_id", "-id")
        .distinct("purpose_id")
        .values_list("purpose_id", "state")
    )
    return {code: ConsentState(state) for code, state in rows}
