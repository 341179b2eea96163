"""The append-only record of acts and looks.

A row says who did what to whom, when and why, in codes. It holds no value of
any person. The database refuses to change or remove a row (migration 0002).
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from encryption.identifiers import new_id


class ActorKind(models.TextChoices):
    """Who can act."""

    STAFF = "staff"
    PERSON = "person"
    MACHINE = "machine"
    PARTNER = "partner"


class AuditEvent(models.Model):
    """One act or one look, written in the transaction of the act itself."""

    public_id = models.UUIDField(default=new_id, editable=False)
    at = models.DateTimeField(db_default=Now())
    # Sealing takes only rows whose transaction can no longer be overtaken by a slower one.
    transaction_id = models.BigIntegerField(
        db_default=RawSQL("pg_current_xact_id()::text::bigint", ())
    )
    actor_kind = models.CharField(max_length=10, choices=ActorKind.choices)
    actor_id = models.UUIDField(null=True)
    act = models.CharField(max_length=60)
    subject_id = models.UUIDField(null=True)
    object_kind = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    post_id = models.IntegerField(null=True)
    # Counts and codes only; see audit.recording.
    detail = models.JSONField(default=dict)
    revealed_ids = ArrayField(models.UUIDField(), default=list)

    class Meta:
        indexes = [
            models.Index(fields=["subject_id", "-id"], name="audit_by_subject"),
            models.Index(fields=["actor_id", "-id"], name="audit_by_actor"),
            models.Index(fields=["transaction_id"], name="audit_by_transaction"),
        ]

    def __str__(self) -> str:
        return f"{self.act} #{self.pk}"
