"""What people's own answers teach about how long stays last. Nobody's name is in it."""

from __future__ import annotations

from django.db import models

from geography.models import Country
from registry.models.stays import StayKind


class StayObservation(models.Model):
    """One answer to "are you still there?", so many days after the stay was last confirmed.

    It holds neither the person nor the stay: it stays true, and harmless, when both are erased.
    """

    kind = models.CharField(max_length=12, choices=StayKind.choices)
    is_dated = models.BooleanField()
    country = models.ForeignKey(Country, on_delete=models.PROTECT, related_name="+")
    age_days = models.PositiveIntegerField()
    is_there = models.BooleanField()
    on = models.DateField()

    class Meta:
        indexes = [models.Index(fields=["kind", "is_dated"], name="observation_by_kind")]

    def __str__(self) -> str:
        return f"observation {self.pk}"
