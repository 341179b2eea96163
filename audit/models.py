"""The append-only record of acts and looks.

A row says who did what to whom, when and why, in codes. It holds no value of
any person. The database refuses to change or remove a row (migration 0002).
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
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

    # The database refuses to change or remove a row; see walls.privileges.
    is_append_only: ClassVar[bool] = True

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
            BrinIndex(fields=["at"], name="audit_by_time", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.act} #{self.pk}"


class Seal(models.Model):
    """A root over the rows of one stretch of a stream, chained to the seal before it.

    It covers the rows of transactions from `from_xid` up to but not with `to_xid` (None: all
    that were left when an epoch was closed) with ids above `after_id` and, once its epoch is
    closed, up to `until_id`. Hashes are 64 hex digits. Never changed (migration 0003).
    """

    is_append_only: ClassVar[bool] = True

    stream = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    epoch = models.PositiveIntegerField()
    columns = ArrayField(models.CharField(max_length=63))
    from_xid = models.BigIntegerField()
    to_xid = models.BigIntegerField(null=True)
    after_id = models.BigIntegerField()
    until_id = models.BigIntegerField(null=True)
    first_id = models.BigIntegerField(null=True)
    last_id = models.BigIntegerField(null=True)
    rows = models.BigIntegerField()
    root = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    chain = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stream", "number"], name="seals_are_numbered"),
        ]

    def __str__(self) -> str:
        return f"{self.stream} {self.number}"
