"""Who works: one row for each process of the engine, so that silence can be told from rest."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Work(models.TextChoices):
    """What a process of the engine was doing when it was last heard of."""

    SEND = "send", _("Sending")
    SWEEP = "sweep", _("Looking for work")
    WATCH = "watch", _("Watching the workers")


class Heartbeat(models.Model):
    """The last sign of life of one process, by host and process number."""

    owner = models.CharField(max_length=60)
    work = models.CharField(max_length=5, choices=Work.choices)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    # Since started_at.
    chunks = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["owner", "work"], name="a_process_has_one_sign_of_life_for_each_work"
            )
        ]

    def __str__(self) -> str:
        return f"{self.work} {self.owner}"
