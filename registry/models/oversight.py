"""Where a person stood in a list of results, and readings of records somebody should explain."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import StaffUser
from encryption.identifiers import new_id
from geography.models import Post
from registry.models.people import Registrant


class ListKind(models.TextChoices):
    """What sort of list it was."""

    SEARCH = "search", _("Results of a search")
    DISTRICT = "district", _("The list of the district")


class Appearance(models.Model):
    """How often somebody stood, masked, in lists of one post on one day.

    One row a day and sort of list, however often officers search: what the person is told stays
    bounded, and says neither who searched nor for what.
    """

    registrant = models.ForeignKey(Registrant, on_delete=models.CASCADE, related_name="appearances")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    kind = models.CharField(max_length=8, choices=ListKind.choices)
    times = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["registrant", "on", "post", "kind"],
                name="appearances_are_counted_by_day",
            )
        ]
        indexes = [models.Index(fields=["on"], name="appearance_by_day")]

    def __str__(self) -> str:
        return f"{self.kind} {self.on}"


class Oddity(models.TextChoices):
    """What is unusual about a reading."""

    SAME_SURNAME = "same-surname", _("Same family name as the officer")
    OFF_SHIFT = "off-shift", _("Outside working hours")
    ABOVE_QUOTA = "above-quota", _("More people than usual in a day")
    SAMPLE = "sample", _("Drawn by lot")


class ReadingOutcome(models.TextChoices):
    """What the data-protection officer found."""

    EXPLAINED = "explained", _("Explained")
    ESCALATED = "escalated", _("Escalated")


class UnusualReading(models.Model):
    """An opened record somebody should explain. Names an audit event, and no person."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    event_id = models.BigIntegerField()
    oddity = models.CharField(max_length=14, choices=Oddity.choices)
    staff = models.ForeignKey(StaffUser, on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, null=True, related_name="+")
    read_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=ReadingOutcome.choices, blank=True)
    decided_by = models.ForeignKey(StaffUser, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event_id", "oddity"], name="a_reading_is_noted_once_per_oddity"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("staff")),
                name="nobody_explains_their_own_reading",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_by__isnull=True, decided_at__isnull=True)
                | ~Q(outcome="") & Q(decided_by__isnull=False, decided_at__isnull=False),
                name="an_outcome_names_who_decided",
            ),
        ]
        indexes = [
            models.Index(fields=["read_at"], condition=Q(outcome=""), name="unusual_open"),
            models.Index(fields=["staff", "-read_at"], name="unusual_by_staff"),
        ]

    def __str__(self) -> str:
        return f"{self.oddity} {self.event_id}"


class ReadingMark(models.Model):
    """Up to which audit event readings were looked through; one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    last_event_id = models.BigIntegerField(default=0)
