"""The only door to people's rows: who may see whom, and the record of every look."""

from __future__ import annotations

import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Max, OuterRef
from django.http import Http404
from django.utils import timezone

from accounts.access import post_ids_of
from accounts.models import StaffUser
from audit.models import AuditEvent
from audit.recording import record
from registry.models import LookReason, Registrant, Stay
from registry.models.people import RegistrantQuerySet
from registry.models.stays import StayQuerySet
from registry.surnames import share_surname

OPENED = "registry.record-opened"
REFUSED = "registry.record-refused"


class TooManyRecords(Exception):
    """This member of staff has opened as many different people as they may for now.

    most: the limit that is reached; window: "hour" or "day".
    """

    def __init__(self, most: int, window: str) -> None:
        super().__init__(window)
        self.most = most
        self.window = window


def stays_visible_to(user: StaffUser) -> StayQuerySet:
    """Return the current stays in districts this user has a mandate for."""
    return Stay.objects.current().filter(post_id__in=post_ids_of(user))


def registrants_visible_to(
    user: StaffUser, stays: StayQuerySet | None = None
) -> RegistrantQuerySet:
    """Return people whose current stay lies in a district this user has a mandate for.

    `stays` narrows `stays_visible_to` further, as to one country.
    """
    return findable_by(user, stays).unrestricted()


def findable_by(user: StaffUser, stays: StayQuerySet | None = None) -> RegistrantQuerySet:
    """Return `registrants_visible_to` and people whose record is locked.

    Of these an officer learns that there is a locked record, who has to be asked at the counter,
    and nothing else.
    """
    here = stays_visible_to(user) if stays is None else stays
    return Registrant.objects.filter(Exists(here.filter(registrant_id=OuterRef("pk"))))


def person_visible_to(user: StaffUser, person_id: UUID) -> Registrant:
    """Return one person without opening anything.

    Raises Http404 for a person outside the user's mandates, exactly as for one
    that does not exist.
    """
    person = registrants_visible_to(user).filter(pk=person_id).first()
    if person is None:
        raise Http404
    return person


def post_between(user: StaffUser, person: Registrant) -> int | None:
    """Return the post through which this user sees this person."""
    stays = stays_visible_to(user).filter(registrant=person)
    return stays.order_by("from_on").values_list("post_id", flat=True).first()


def open_record(user: StaffUser, person_id: UUID, reason: LookReason) -> Registrant:
    """Return one person and write down that this user looked, and why.

    Raises Http404 as `person_visible_to` does, and TooManyRecords, which is written
    down as well.
    """
    with transaction.atomic():
        # One opening at a time per user: two tabs must not pass the limit together.
        StaffUser.objects.select_for_update().get(pk=user.pk)
        person = person_visible_to(user, person_id)
        post_id = post_between(user, person)
        limit = _limit_reached(user, person_id)
        if limit is None:
            is_namesake = share_surname(user, person)
            record(
                user.actor,
                OPENED,
                subject_id=person.pk,
                reason=reason,
                post_id=post_id,
                detail={"same_surname": True} if is_namesake else None,
            )
            return person
        # Nobody was looked at, so the person is only the object, not the subject.
        record(
            user.actor,
            REFUSED,
            object_kind="registrant",
            object_id=person.pk,
            reason=reason,
            post_id=post_id,
            detail={"most": limit.most, "window": limit.window},
        )
    raise limit


def _limit_reached(user: StaffUser, person_id: UUID) -> TooManyRecords | None:
    """Return the limit that one more person would pass. Opening the same person again is free."""
    now = timezone.now()
    others = (
        AuditEvent.objects.filter(
            actor_id=user.pk, act=OPENED, at__gte=now - datetime.timedelta(days=1)
        )
        .exclude(subject_id=person_id)
        .values("subject_id")
        .annotate(last=Max("at"))
    )
    looks = [row["last"] for row in others]
    hour_ago = now - datetime.timedelta(hours=1)
    if sum(at >= hour_ago for at in looks) >= settings.RECORDS_PER_HOUR:
        return TooManyRecords(settings.RECORDS_PER_HOUR, "hour")
    if len(looks) >= settings.RECORDS_PER_DAY:
        return TooManyRecords(settings.RECORDS_PER_DAY, "day")
    return None
