"""Asking people, now and then, whether they are still where they told us.

A stay is asked about when it is old for its kind, three times at most, a month apart, by
each of the person's ways in turn; whoever answers is left in peace until it is old again.
Only ways by which the person lets us warn them are used, and never an unproved one.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Mapping

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from notifications.models import Lane, MessageKind, StayQuestion
from notifications.single_messages import dispatch_to_one
from notifications.sparing import may_leave
from registry.models import ContactPoint, Registrant, Stay, StayKind
from registry.selectors import contacts_for_alerts, has_way_for_alerts

logger = logging.getLogger(__name__)

# After how many days without a word a stay is asked about.
ASKED_AFTER_DAYS: Mapping[str, int] = {
    StayKind.RESIDENCE: 240,
    StayKind.WORK: 150,
    StayKind.STUDY: 120,
    StayKind.OTHER: 90,
    StayKind.TRAVEL: 21,
}
BETWEEN = datetime.timedelta(days=30)
MOST_QUESTIONS = 3


def stays_to_ask_about(now: datetime.datetime) -> QuerySet[Stay]:
    """Return the stays that are old and were not asked about lately, oldest first."""
    old = Q()
    for kind, days in ASKED_AFTER_DAYS.items():
        old |= Q(kind=kind, last_confirmed_at__lt=now - datetime.timedelta(days=days))
    lately = StayQuestion.objects.filter(stay=OuterRef("pk"), asked_at__gt=now - BETWEEN)
    in_vain = (
        StayQuestion.objects.filter(
            stay=OuterRef("pk"),
            answered_at__isnull=True,
            asked_at__gt=OuterRef("last_confirmed_at"),
        )
        .values("stay")
        .annotate(times=Count("pk"))
        .filter(times__gte=MOST_QUESTIONS)
    )
    return (
        Stay.objects.current(timezone.localdate(now))
        .filter(old, has_way_for_alerts("registrant"), registrant__restricted_at__isnull=True)
        .exclude(Exists(lately))
        .exclude(Exists(in_vain))
        .order_by("last_confirmed_at")
    )


def ask_around(most: int = 200) -> int:
    """Ask about up to so many stays; return how many questions were queued. Safe to repeat."""
    now = timezone.now()
    due = list(stays_to_ask_about(now).values_list("pk", "registrant_id")[:most])
    asked = 0
    for stay_id, person_id in due:
        with transaction.atomic():
            # Two machines that ask at once must not ask one person twice.
            person = Registrant.objects.select_for_update().filter(pk=person_id).first()
            stay = stays_to_ask_about(now).filter(pk=stay_id).first()
            if person is None or stay is None:
                continue
            asked += _ask(person, stay)
    if asked:
        logger.info("asked about stays questions=%s", asked)
    return asked


def _ask(person: Registrant, stay: Stay) -> bool:
    unanswered = StayQuestion.objects.filter(
        stay=stay, answered_at__isnull=True, asked_at__gt=stay.last_confirmed_at
    ).count()
    point = _way_for(person, unanswered)
    if point is None or not may_leave(point):
        return False
    dispatch = dispatch_to_one(
        kind=MessageKind.STILL_HERE, point=point, language=person.language, lane=Lane.ROUTINE
    )
    StayQuestion.objects.create(dispatch=dispatch, stay=stay)
    return True


def _way_for(person: Registrant, turn: int) -> ContactPoint | None:
    ways = contacts_for_alerts(person.pk)
    return ways[turn % len(ways)] if ways else None
