"""Whom an override let us write to, so that each of them is told later."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from crises.models import VitalInterestOverride
from notifications.models.dispatches import Dispatch


class NoticeOutcome(models.TextChoices):
    """What became of telling somebody afterwards."""

    TOLD = "told", _("Told in a message")
    NOT_REACHED = "not-reached", _("No message had left for them")
    UNSAFE = "unsafe", _("A message would put them in danger: it stands in their record only")
    NO_WAY = "no-way", _("There is no way to write to them any more")


class OverrideRecipient(models.Model):
    """One person an alert was written down for under an override, however many alerts."""

    override = models.ForeignKey(
        VitalInterestOverride, on_delete=models.PROTECT, related_name="recipients"
    )
    registrant_id = models.UUIDField()
    added_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=NoticeOutcome.choices, blank=True, default="")
    told_as = models.ForeignKey(Dispatch, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["override", "registrant_id"], name="an_override_counts_a_person_once"
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, outcome="")
                | Q(settled_at__isnull=False) & ~Q(outcome=""),
                name="who_was_told_of_an_override_is_settled",
            ),
        ]
        indexes = [
            models.Index(fields=["registrant_id"], name="override_by_person"),
            models.Index(
                fields=["override", "id"],
                name="override_to_tell",
                condition=Q(settled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"recipient {self.pk}"
