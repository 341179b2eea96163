"""Who is with a person, and whom they want called."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from encryption.fields import SealedJSONField, SealedTextField
from encryption.identifiers import new_id
from encryption.sealed_models import SealedModel
from registry.models.contacts import Channel
from registry.models.people import Registrant


class Relation(models.TextChoices):
    """How somebody is related to the registered person."""

    PARTNER = "partner", _("Husband, wife or partner")
    CHILD = "child", _("Child")
    PARENT = "parent", _("Mother or father")
    SIBLING = "sibling", _("Sister or brother")
    RELATIVE = "relative", _("Other family")
    FRIEND = "friend", _("Friend")
    OTHER = "other", _("Somebody else")


class Companion(SealedModel):
    """Somebody who travels or lives with the person and is not registered themselves."""

    sealed_for: ClassVar[str] = "registrant_id"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    registrant = models.ForeignKey(Registrant, on_delete=models.CASCADE, related_name="companions")
    name = SealedTextField()
    birth = SealedJSONField(null=True, blank=True)
    relation = models.CharField(max_length=10, choices=Relation.choices)
    added_at = models.DateTimeField(auto_now_add=True)


class ContactAnswer(models.TextChoices):
    """What an emergency contact said about being named."""

    NOT_ASKED = "not-asked", _("Not asked yet")
    AGREED = "agreed", _("Agreed")
    REFUSED = "refused", _("Refused")


class EmergencyContact(SealedModel):
    """Somebody the person wants told, for the reasons they chose, and only then."""

    sealed_for: ClassVar[str] = "registrant_id"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    registrant = models.ForeignKey(
        Registrant, on_delete=models.CASCADE, related_name="emergency_contacts"
    )
    name = SealedTextField()
    relation = models.CharField(max_length=10, choices=Relation.choices)
    channel = models.SmallIntegerField(choices=Channel.choices)
    value = SealedTextField(pad_to=64)
    token = models.BigIntegerField()
    answer = models.CharField(
        max_length=10, choices=ContactAnswer.choices, default=ContactAnswer.NOT_ASKED
    )
    added_at = models.DateTimeField(auto_now_add=True)
