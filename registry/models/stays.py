"""Where a person is, from when until when."""

from __future__ import annotations

import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from encryption.fields import SealedJSONField, SealedTextField
from encryption.identifiers import new_id
from encryption.sealed_models import SealedModel, SealedQuerySet
from geography.models import Area, Country, Post
from geography.positions import ExactPosition
from registry.models.people import Registrant


class StayKind(models.TextChoices):
    """Why somebody is there."""

    RESIDENCE = "residence", _("I live here")
    WORK = "work", _("I work here")
    STUDY = "study", _("I study here")
    TRAVEL = "travel", _("I am travelling")
    OTHER = "other", _("Something else")


class StayQuerySet(SealedQuerySet["Stay"]):
    """Questions about stays."""

    def current(self, on: datetime.date | None = None) -> StayQuerySet:
        """Stays in force on a day (today)."""
        day = on or timezone.localdate()
        return self.filter(
            Q(until_on__isnull=True) | Q(until_on__gte=day), from_on__lte=day, ended_at__isnull=True
        )

    def begun(self, on: datetime.date | None = None) -> StayQuerySet:
        """Stays whose first day has come (by today), ended or not."""
        return self.filter(from_on__lte=on or timezone.localdate())

    def coming(self, on: datetime.date | None = None) -> StayQuerySet:
        """Stays whose last day is not over (today), begun or not."""
        day = on or timezone.localdate()
        return self.filter(Q(until_on__isnull=True) | Q(until_on__gte=day))


class Stay(SealedModel):
    """One stay in one country. Country, area and post are plain: access and alerts need them."""

    sealed_for: ClassVar[str] = "registrant_id"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    registrant = models.ForeignKey(Registrant, on_delete=models.CASCADE, related_name="stays")
    kind = models.CharField(max_length=12, choices=StayKind.choices)
    country = models.ForeignKey(Country, on_delete=models.PROTECT, related_name="+")
    area = models.ForeignKey(
        Area, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # The person's own words for town or address, as exact as they chose.
    place = SealedTextField(blank=True)
    # What those words say on a map, if anything: {"lat": degrees, "lon": degrees, "m": metres}.
    position = SealedJSONField(null=True, blank=True, pad_to=64)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+")
    from_on = models.DateField()
    until_on = models.DateField(null=True, blank=True)
    last_confirmed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    changed_in = models.BigIntegerField(default=0, editable=False)

    objects = StayQuerySet.as_manager()  # type: ignore[assignment,misc]  # narrower

    @property
    def is_over(self) -> bool:
        """Whether the last day that was planned has passed."""
        return self.until_on is not None and self.until_on < timezone.localdate()

    @property
    def is_leg(self) -> bool:
        """Whether it is a leg of a trip: a travel with a last day."""
        return self.kind == StayKind.TRAVEL and self.until_on is not None

    @property
    def exact_position(self) -> ExactPosition | None:
        """Where it is on a map, if the words for the place say so."""
        return ExactPosition.from_data(self.position) if self.position else None

    class Meta:
        indexes = [
            models.Index(
                fields=["country", "area", "registrant"],
                name="stay_by_area",
                condition=Q(ended_at__isnull=True),
            ),
            models.Index(fields=["post", "registrant"], name="stay_by_post"),
            models.Index(fields=["changed_in"], name="stay_by_change"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")),
                name="a_stay_ends_after_it_began",
            ),
            models.UniqueConstraint(
                fields=["registrant"],
                condition=Q(ended_at__isnull=True) & ~Q(kind="travel"),
                name="one_open_stay_besides_travels",
            ),
        ]
