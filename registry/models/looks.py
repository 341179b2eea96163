"""Why a record was opened and what was tried to reach the person."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import StaffUser
from encryption.fields import SealedTextField
from encryption.identifiers import new_id
from encryption.sealed_models import SealedModel
from registry.models.people import Registrant


class LookReason(models.TextChoices):
    """Reasons for which a record may be opened."""

    ASKED = "asked", _("The person asked for something")
    CRISIS = "crisis", _("A crisis where the person is")
    CHECK = "check", _("Checking or correcting data")
    DOCUMENT = "document", _("Passport or other document")
    FAMILY = "family", _("Family or authority asked after the person")
    OTHER = "other", _("Another reason")


class CallOutcome(models.TextChoices):
    """How a call ended."""

    REACHED = "reached", _("Reached")
    NO_ANSWER = "no-answer", _("No answer")
    WRONG_NUMBER = "wrong-number", _("Wrong number")
    SAFE = "safe", _("Reached: safe")
    NEEDS_HELP = "needs-help", _("Reached: needs help")


class ContactLogEntry(SealedModel):
    """One call or message between a post and a person, with a sealed note."""

    sealed_for: ClassVar[str] = "registrant_id"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    registrant = models.ForeignKey(Registrant, on_delete=models.CASCADE, related_name="contact_log")
    staff = models.ForeignKey(StaffUser, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=[("call", _("Call")), ("message", _("Message"))])
    outcome = models.CharField(max_length=12, choices=CallOutcome.choices, blank=True)
    note = SealedTextField(blank=True, pad_to=128)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["registrant", "-at"], name="contact_log_by_person")]
