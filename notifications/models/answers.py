"""What people answer in a crisis."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from crises.models import Crisis
from encryption.fields import SealedTextField
from encryption.identifiers import new_id
from encryption.sealed_models import SealedModel


class AnswerState(models.TextChoices):
    """Safe, or in need of help."""

    SAFE = "safe", _("Safe")
    HELP = "help", _("Needs help")


class AnswerVia(models.TextChoices):
    """How an answer came in."""

    LINK = "link", _("Link in the message")
    SMS = "sms", _("SMS")
    STAFF = "staff", _("Told a member of staff")


class Answer(SealedModel):
    """One answer of one person in one crisis; the latest counts, all are kept."""

    sealed_for: ClassVar[str] = "registrant_id"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    crisis = models.ForeignKey(Crisis, on_delete=models.PROTECT, related_name="answers")
    registrant_id = models.UUIDField(db_index=True)
    state = models.CharField(max_length=4, choices=AnswerState.choices)
    via = models.CharField(max_length=6, choices=AnswerVia.choices)
    # The person's own words and place, if they gave any.
    words = SealedTextField(blank=True, pad_to=128)
    place = SealedTextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["crisis", "registrant_id", "-at"], name="answer_latest")]
