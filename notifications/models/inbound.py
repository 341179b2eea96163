"""What providers tell us. Stored first, acknowledged after, applied later."""

from __future__ import annotations

from django.db import models

from encryption.identifiers import new_id


class Receipt(models.Model):
    """A provider's word on one delivery. The same event is stored once."""

    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=80)
    provider_reference = models.CharField(max_length=80)
    status = models.CharField(max_length=16)
    received_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="a_receipt_is_kept_once")
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="receipt_to_apply",
                condition=models.Q(applied_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"receipt {self.pk}"


class InboundMessage(models.Model):
    """A text message somebody sent us. Its words are sealed for the system until read."""

    public_id = models.UUIDField(default=new_id, unique=True, editable=False)
    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=80)
    sender_token = models.BigIntegerField()
    body = models.BinaryField()
    received_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True)
    # What it was understood as: "safe", "help", "stop" or nothing.
    keyword = models.CharField(max_length=10, blank=True, default="")
    registrant_id = models.UUIDField(null=True, db_index=True)
    # A person has to read it.
    needs_reading = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "event_id"], name="an_inbound_message_is_kept_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="inbound_to_apply",
                condition=models.Q(applied_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"inbound {self.pk}"
