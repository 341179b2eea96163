"""What the clocks of retention removed."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class RetentionRun(models.Model):
    """One run that removed something: how many by rule, and of nobody in particular."""

    at = models.DateTimeField(db_default=Now())
    removed = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["-at"], name="retention_by_time")]

    def __str__(self) -> str:
        return f"retention {self.pk}"
