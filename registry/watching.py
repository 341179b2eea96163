"""Finding readings of records that somebody should explain, from the record of looks alone."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models.expressions import RawSQL

from audit.models import ActorKind, AuditEvent
from crises.models import Crisis
from geography.models import Post
from registry.access import OPENED, REFUSED
from registry.models import LookReason, Oddity, ReadingMark, UnusualReading

BATCH = 2000
_DAY = datetime.timedelta(days=1)
# One reading in so many is drawn for a check, whatever it looks like.
_LOT = 100


@transaction.atomic
def watch_readings(limit: int = BATCH) -> int:
    """Look through the readings since the last time; return how many are unusual.

    Safe to repeat: a reading is noted once for each oddity. Events of transactions that a
    slower one may still overtake wait for the next time.
    """
    ReadingMark.objects.get_or_create(pk=1)
    mark = ReadingMark.objects.select_for_update().get(pk=1)
    settled = RawSQL("pg_snapshot_xmin(pg_current_snapshot())::text::bigint", ())
    events = list(
        AuditEvent.objects.filter(
            pk__gt=mark.last_event_id,
            act__in=[OPENED, REFUSED],
            actor_kind=ActorKind.STAFF,
            transaction_id__lt=settled,
        ).order_by("pk")[:limit]
    )
    if not events:
        return 0
    posts = Post.objects.in_bulk({event.post_id for event in events if event.post_id})
    in_crisis = Crisis.objects.is_open().filter(is_exercise=False).exists()
    found = 0
    for event in events:
        if event.actor_id is None:
            continue
        post = posts.get(event.post_id) if event.post_id else None
        for oddity in _oddities(event, post, in_crisis=in_crisis):
            _reading, is_new = UnusualReading.objects.get_or_create(
                event_id=event.pk,
                oddity=oddity,
                defaults={"staff_id": event.actor_id, "post": post, "read_at": event.at},
            )
            found += is_new
    mark.last_event_id = events[-1].pk
    mark.save()
    return found


def _oddities(event: AuditEvent, post: Post | None, *, in_crisis: bool) -> Iterator[Oddity]:
    if event.act == REFUSED:
        if _is_first_today(event):
            yield Oddity.ABOVE_QUOTA
        return
    if event.detail.get("same_surname"):
        yield Oddity.SAME_SURNAME
    # Whoever works for a crisis at night does what is expected of them.
    if _is_off_shift(event.at, post) and not (in_crisis and event.reason == LookReason.CRISIS):
        yield Oddity.OFF_SHIFT
    if _people_that_day(event) > settings.USUAL_RECORDS_PER_DAY and _is_first_today(event):
        yield Oddity.ABOVE_QUOTA
    if event.pk % _LOT == 0:
        yield Oddity.SAMPLE


def _is_off_shift(at: datetime.datetime, post: Post | None) -> bool:
    """Tell whether it was outside the hours of work where the post stands."""
    local = at.astimezone(ZoneInfo(post.time_zone if post and post.time_zone else "UTC"))
    begin, end = settings.OFFICE_HOURS
    return local.isoweekday() not in settings.OFFICE_DAYS or not begin <= local.time() < end


def _people_that_day(event: AuditEvent) -> int:
    """Return how many different people were opened in the day that ends with an event."""
    day = AuditEvent.objects.filter(
        actor_id=event.actor_id, act=OPENED, pk__lte=event.pk, at__gt=event.at - _DAY
    )
    return day.values("subject_id").distinct().count()


def _is_first_today(event: AuditEvent) -> bool:
    """Tell whether the officer was not yet noted for reading much within a day."""
    noted = UnusualReading.objects.filter(
        staff_id=event.actor_id, oddity=Oddity.ABOVE_QUOTA, read_at__gt=event.at - _DAY
    )
    return not noted.exclude(event_id=event.pk).exists()
