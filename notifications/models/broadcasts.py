"""A broadcast on its way from draft to approval. Two people, always."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import StaffUser
from crises.models import Crisis
from encryption.identifiers import new_id
from notifications.codes import new_code


class BroadcastKind(models.TextChoices):
    """What a broadcast does (CAP msgType, with the end of danger told apart)."""

    ALERT = "alert", _("Alert")
    UPDATE = "update", _("Update")
    ALL_CLEAR = "all-clear", _("All clear")
    CANCEL = "cancel", _("Cancel: the alert was wrong")


class Severity(models.TextChoices):
    """CAP severity."""

    EXTREME = "Extreme", _("Extreme")
    SEVERE = "Severe", _("Severe")
    MODERATE = "Moderate", _("Moderate")
    MINOR = "Minor", _("Minor")


class Urgency(models.TextChoices):
    """CAP urgency."""

    IMMEDIATE = "Immediate", _("Act now")
    EXPECTED = "Expected", _("Act within the hour")
    FUTURE = "Future", _("Act soon")


class Certainty(models.TextChoices):
    """CAP certainty."""

    OBSERVED = "Observed", _("It has happened")
    LIKELY = "Likely", _("Likely")
    POSSIBLE = "Possible", _("Possible")


class BroadcastState(models.TextChoices):
    """Where a broadcast stands between its author and its approver."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Waiting for approval")
    RETURNED = "returned", _("Sent back to its author")
    APPROVED = "approved", _("Approved")


class Broadcast(models.Model):
    """One message to everybody in the areas of a crisis, in several languages."""

    public_id = models.UUIDField(default=new_id, unique=True, editable=False)
    # Stands in every copy, so that anybody can check that a message is ours.
    code = models.CharField(max_length=8, default=new_code, unique=True, editable=False)
    crisis = models.ForeignKey(Crisis, on_delete=models.PROTECT, related_name="broadcasts")
    # The same as the crisis's, held together by a foreign key over both columns.
    is_exercise = models.BooleanField()
    kind = models.CharField(_("Kind"), max_length=10, choices=BroadcastKind.choices)
    refers_to = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="followed_by"
    )
    severity = models.CharField(_("Severity"), max_length=10, choices=Severity.choices)
    urgency = models.CharField(_("Urgency"), max_length=10, choices=Urgency.choices)
    certainty = models.CharField(_("Certainty"), max_length=10, choices=Certainty.choices)
    # After this nobody is sent the message any more.
    expires_at = models.DateTimeField(_("Valid until"))
    # What people get whose own languages are missing. Chosen by the author, never silently.
    fallback_language = models.CharField(max_length=10)
    # How many people the author thinks will be reached, written down before they are counted:
    # twice as many means that the places are wrong.
    expected_count = models.PositiveIntegerField(null=True, blank=True)
    author = models.ForeignKey(StaffUser, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=10, choices=BroadcastState.choices, default=BroadcastState.DRAFT
    )
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    # The number of people counted at submission; the approver types it.
    submitted_count = models.IntegerField(null=True, blank=True)
    # The places as they were at submission; they must be the same at approval.
    submitted_rule = models.JSONField(null=True, blank=True)
    approved_by = models.ForeignKey(
        StaffUser, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    typed_count = models.IntegerField(null=True, blank=True)
    returned_note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("author")),
                name="a_broadcast_is_approved_by_somebody_else",
            ),
            models.CheckConstraint(
                condition=~Q(state=BroadcastState.APPROVED)
                | Q(
                    approved_by__isnull=False,
                    approved_at__isnull=False,
                    # A comparison with nothing would let nothing pass for the number.
                    submitted_count__isnull=False,
                    typed_count__isnull=False,
                    typed_count=F("submitted_count"),
                ),
                name="the_approver_typed_the_number_of_people",
            ),
            models.CheckConstraint(
                condition=Q(kind=BroadcastKind.ALERT) | Q(refers_to__isnull=False),
                name="updates_and_cancels_refer_to_a_broadcast",
            ),
        ]

    def __str__(self) -> str:
        return f"broadcast {self.pk}"


class BroadcastText(models.Model):
    """The words of a broadcast in one language. Frozen once the broadcast is submitted."""

    broadcast = models.ForeignKey(Broadcast, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(max_length=10)
    subject = models.CharField(_("E-mail subject"), max_length=120)
    email_body = models.TextField(_("E-mail text"), max_length=5000)
    sms_body = models.TextField(_("SMS text"), max_length=600)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["broadcast", "language"], name="one_text_per_language")
        ]

    def __str__(self) -> str:
        return f"{self.broadcast_id} {self.language}"
