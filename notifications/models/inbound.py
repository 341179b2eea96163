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
    # A bounce names its delivery by the return path, and its reason by an enhanced status.
    dispatch_id = models.BigIntegerField(null=True)
    seq = models.IntegerField(null=True)
    code = models.CharField(max_length=40, blank=True, default="")
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
    # A long message comes in parts: which of how many, and a number they share.
    part_group = models.IntegerField(null=True)
    part_number = models.SmallIntegerField(null=True)
    part_count = models.SmallIntegerField(null=True)
    # What it was understood as: "safe", "help", "stop", "here", "moved" or nothing.
    keyword = models.CharField(max_length=10, blank=True, default="")
    registrant_id = models.UUIDField(null=True, db_index=True)
    # A person has to read it.
    needs_reading = models.BooleanField(default=False)
    # When we answered it by ourselves; at most hourly for one phone.
    answered_at = models.DateTimeField(null=True)

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
            ),
            models.Index(fields=["sender_token", "-received_at"], name="inbound_by_sender"),
        ]

    def __str__(self) -> str:
        return f"inbound {self.pk}"
