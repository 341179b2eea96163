"""What is sent: the frozen message, and one run of sending it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from crises.models import Crisis
from encryption.fields import SealedTextField
from encryption.identifiers import new_id
from encryption.sealed_models import SealedModel
from notifications.models.broadcasts import Broadcast


class MessageKind(models.TextChoices):
    """What sort of message a version is; decides lane, consent and slots."""

    BROADCAST = "broadcast"
    CONFIRM = "confirm"
    SIGN_IN = "sign-in"
    PERSONAL = "personal"
    # A way to reach somebody was added or is leaving, told to the ways that were there.
    CHANGED = "changed"
    # Whether somebody is still where they told us.
    STILL_HERE = "still-here"
    # That we wrote under an override.
    OVERRIDDEN = "overridden"
    # What we answer by ourselves to a text message.
    ACK_SAFE = "ack-safe"
    ACK_HELP = "ack-help"
    ACK_STOP = "ack-stop"
    ACK_HERE = "ack-here"
    ACK_HOME = "ack-home"
    ACK_OTHER = "ack-other"


class MessageVersion(models.Model):
    """The words of a message in every language and channel, frozen before the first is sent.

    texts: {language: {"subject": str, "email": str, "sms": str}}, with slots such
    as {link}. Never holds anything about a person.
    """

    kind = models.CharField(max_length=10, choices=MessageKind.choices)
    is_exercise = models.BooleanField(default=False)
    texts = models.JSONField()
    fallback_language = models.CharField(max_length=10)
    sha256 = models.CharField(max_length=64)
    expires_at = models.DateTimeField(null=True)
    # CAP 1.2 identifier and references; empty for messages that are no alert.
    cap_identifier = models.CharField(max_length=80, blank=True)
    cap_message_type = models.CharField(max_length=10, blank=True)
    cap_references = models.CharField(max_length=400, blank=True)
    frozen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["kind", "sha256"], name="message_by_digest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Lane(models.IntegerChoices):
    """How a dispatch is queued: a crisis overtakes everything else."""

    ROUTINE = 1, "routine"
    URGENT = 2, "urgent"
    CRISIS = 3, "crisis"


class DispatchState(models.TextChoices):
    """Where a run of sending stands."""

    FREEZING = "freezing", _("Writing the list of people")
    RUNNING = "running", _("Sending")
    PAUSED = "paused", _("Paused")
    FINISHED = "finished", _("Finished")
    CANCELLED = "cancelled", _("Stopped")


class Dispatch(models.Model):
    """One run: a message version, a frozen audience, and how far sending has come."""

    public_id = models.UUIDField(default=new_id, unique=True, editable=False)
    message = models.ForeignKey(MessageVersion, on_delete=models.PROTECT, related_name="+")
    broadcast = models.OneToOneField(
        Broadcast, on_delete=models.PROTECT, null=True, related_name="dispatch"
    )
    crisis = models.ForeignKey(
        Crisis, on_delete=models.PROTECT, null=True, related_name="dispatches"
    )
    # The broadcast's dispatch whose ladder this is a rung of: the same words, approved once.
    escalates = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="rungs")
    is_exercise = models.BooleanField(default=False)
    lane = models.SmallIntegerField(choices=Lane.choices)
    state = models.CharField(
        max_length=10, choices=DispatchState.choices, default=DispatchState.FREEZING
    )
    # The rule that chose the people, kept to show it later: see notifications.audiences.
    audience_rule = models.JSONField(default=dict)
    # No address gets more copies than this, whatever crashes.
    max_copies = models.SmallIntegerField(default=2)
    created_at = models.DateTimeField(auto_now_add=True)
    released_at = models.DateTimeField(null=True)
    frozen_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    member_count = models.IntegerField(default=0)
    delivery_count = models.IntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(
                fields=["state"],
                name="dispatch_at_work",
                condition=models.Q(state__in=["freezing", "running"]),
            )
        ]

    def __str__(self) -> str:
        return f"dispatch {self.pk}"


class PersonalText(SealedModel):
    """An officer's words to one person, sealed for that person."""

    sealed_for: ClassVar[str] = "registrant_id"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    dispatch = models.OneToOneField(
        Dispatch, on_delete=models.CASCADE, related_name="personal_text"
    )
    registrant_id = models.UUIDField(db_index=True)
    body = SealedTextField(pad_to=256)
