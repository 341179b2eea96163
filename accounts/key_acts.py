"""An act on the keys: asked for by one key holder, agreed by another, then run."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from encryption.identifiers import new_id


class KeyActKind(models.TextChoices):
    """What can be done to keys, once two people want it."""

    ROTATE_SEALING = "rotate-sealing"
    ROTATE_INDEX = "rotate-index"
    RESEAL_PERSON = "reseal-person"
    DESTROY_POST = "destroy-post"


class KeyActState(models.TextChoices):
    """How far an act has come."""

    REQUESTED = "requested"
    APPROVED = "approved"
    RUNNING = "running"
    FINISHED = "finished"


class KeyAct(models.Model):
    """One act, its two people and how far it has come. No value of a person stands in it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=20, choices=KeyActKind.choices)
    # Ids, codes and versions only: {"to": 2}, {"person_id": "…"}, {"post": "beirut"}.
    parameters = models.JSONField(default=dict)
    state = models.CharField(
        max_length=10, choices=KeyActState.choices, default=KeyActState.REQUESTED
    )
    requested_by = models.ForeignKey(
        "accounts.StaffUser", on_delete=models.PROTECT, related_name="key_acts_requested"
    )
    requested_at = models.DateTimeField(db_default=Now())
    approved_by = models.ForeignKey(
        "accounts.StaffUser", on_delete=models.PROTECT, null=True, related_name="key_acts_approved"
    )
    approved_at = models.DateTimeField(null=True)
    begun_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # Where to go on, in the words of whoever does it; kept after each step.
    cursor: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    done_count = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(requested_by=F("approved_by")),
                name="a_key_act_needs_two_people",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="a_key_act_is_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state=KeyActState.REQUESTED) | Q(approved_by__isnull=False),
                name="no_key_act_runs_unapproved",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[KeyActState.REQUESTED, KeyActState.APPROVED])
                | Q(begun_at__isnull=False),
                name="a_key_act_that_runs_has_begun",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
