"""Keeping nothing longer than its purpose: each rule with its clock, in bounded steps.

While a crisis is open in a country nothing is removed of the people there: what is known of
them may be all that help has to go by. Erasures go the way of every erasure, keys first.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit.recording import Actor, record
from crises.models import AffectedArea, Crisis
from registry.models import ContactPoint, Registrant, RetentionRun, Stay, StayKind
from registry.services.erasing import erase_person

UNCONFIRMED = datetime.timedelta(days=14)
TRIP = datetime.timedelta(days=30)
ENDED_STAY = datetime.timedelta(days=365)
BATCH = 500


@dataclass(frozen=True)
class Rule:
    """One rule: what it removes, after how long, and the people or stays due for it."""

    code: str
    what: Promise
    after: datetime.timedelta
    due: Callable[[], QuerySet[Any]]


def _unconfirmed() -> QuerySet[Registrant]:
    confirmed = ContactPoint.objects.filter(registrant=OuterRef("pk"), confirmed_at__isnull=False)
    return (
        Registrant.objects.filter(registered_at__lt=timezone.now() - UNCONFIRMED)
        .exclude(Exists(confirmed))
        .exclude(Exists(_stays_in_crises(registrant=OuterRef("pk"))))
    )


def _past(kinds: Q, after: datetime.timedelta) -> QuerySet[Stay]:
    now = timezone.now()
    over = Q(ended_at__lt=now - after) | Q(
        ended_at__isnull=True, until_on__lt=timezone.localdate(now) - after
    )
    return Stay.objects.filter(over, kinds).exclude(
        Exists(_stays_in_crises(registrant=OuterRef("registrant")))
    )


def _stays_in_crises(registrant: OuterRef) -> QuerySet[Stay]:
    open_crises = Crisis.objects.is_open().filter(is_exercise=False)
    countries = AffectedArea.objects.filter(crisis__in=open_crises, is_excluded=False)
    return Stay.objects.filter(registrant=registrant, country__in=countries.values("country"))


RULES = (
    Rule(
        "unconfirmed",
        _("Registrations whose phone or e-mail address was never confirmed"),
        UNCONFIRMED,
        _unconfirmed,
    ),
    Rule(
        "trips",
        _("Trips that are over"),
        TRIP,
        lambda: _past(Q(kind=StayKind.TRAVEL), TRIP),
    ),
    Rule(
        "ended-stays",
        _("Other stays that are over"),
        ENDED_STAY,
        lambda: _past(~Q(kind=StayKind.TRAVEL), ENDED_STAY),
    ),
)

# What a run counts: its rules, and the people erased because nothing of theirs was left.
NOBODY_LEFT = "nobody-left"
COUNTED = (*(rule.code for rule in RULES), NOBODY_LEFT)


def due_now() -> dict[str, int]:
    """Return how many people or stays each rule would remove now, by its code.

    Counts end at one more than a batch: more is only "more".
    """
    return {rule.code: len(rule.due().values_list("pk")[: BATCH + 1]) for rule in RULES}


def apply_rules(most: int = BATCH) -> dict[str, int]:
    """Remove up to `most` of each rule and return how many went. Safe to repeat.

    Whoever has no stay left once a stay is removed is erased with it, under NOBODY_LEFT.
    """
    gone = dict.fromkeys(COUNTED, 0)
    for rule in RULES:
        due = rule.due()
        if due.model is Registrant:
            ids = list(due.order_by("pk").values_list("pk", flat=True)[:most])
            gone[rule.code] = _erase(ids)
            continue
        stays = list(due.order_by("pk").values_list("pk", "registrant_id")[:most])
        gone[rule.code], erased = _remove_stays(stays)
        gone[NOBODY_LEFT] += erased
    if any(gone.values()):
        with transaction.atomic():
            RetentionRun.objects.create(removed=gone)
            record(Actor.machine(), "registry.retention-applied", detail=gone)
    return gone


def _erase(person_ids: Sequence[UUID]) -> int:
    erased = 0
    for person in Registrant.objects.filter(pk__in=person_ids):
        erase_person(actor=Actor.machine(), person=person)
        erased += 1
    return erased


def _remove_stays(stays: Sequence[tuple[UUID, UUID]]) -> tuple[int, int]:
    """Remove stays, given with their people; return how many went and how many people after."""
    people = {person_id for _, person_id in stays}
    with transaction.atomic():
        # The people are locked first, as everybody who changes a stay does.
        list(Registrant.objects.select_for_update().filter(pk__in=people).values_list("pk"))
        removed, _ = Stay.objects.filter(pk__in=[pk for pk, _ in stays]).delete()
        # Changed, so that the finder forgets the place.
        Registrant.objects.filter(pk__in=people).update(language=F("language"))
    left = Registrant.objects.filter(pk__in=people, stays__isnull=True)
    return removed, _erase(list(left.values_list("pk", flat=True)))
