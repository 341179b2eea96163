"""How a person is reached, and how they prove that a contact is theirs."""

from __future__ import annotations

import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from encryption.fields import SealedTextField
from encryption.identifiers import new_id
from encryption.sealed_models import SealedModel, SealedQuerySet
from registry.models.people import Registrant


class Channel(models.IntegerChoices):
    """The ways a message can leave."""

    EMAIL = 1, _("E-mail")
    SMS = 2, _("Text message (SMS)")


class ContactPointQuerySet(SealedQuerySet["ContactPoint"]):
    """Questions about contact points."""

    def in_use(self) -> ContactPointQuerySet:
        """Contact points the person has not removed."""
        return self.filter(removed_at__isnull=True)

    def opening(self) -> ContactPointQuerySet:
        """Contact points that let somebody in: in use, and not added in the last days."""
        waiting = Q(held_until__gt=timezone.now())
        return self.in_use().exclude(waiting)


# How long a change of contacts can be undone by whoever holds the old one.
HOLD = datetime.timedelta(hours=72)


class ContactPoint(SealedModel):
    """One phone number or e-mail address of one person."""

    sealed_for: ClassVar[str] = "registrant_id"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    registrant = models.ForeignKey(Registrant, on_delete=models.CASCADE, related_name="contacts")
    channel = models.SmallIntegerField(choices=Channel.choices)
    # E.164 or a normalised address.
    value = SealedTextField(pad_to=64)
    token = models.BigIntegerField()
    # Blind index of a phone's last seven digits, for callers who leave the country code out.
    last_digits_token = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    # Added to a registration that had a way in already: lets nobody in before this.
    held_until = models.DateTimeField(null=True, blank=True)
    # Asked to be removed: written to and let in until this, then removed.
    leaves_at = models.DateTimeField(null=True, blank=True)
    # The person's other contacts are still to be told of a change of this one.
    is_change_untold = models.BooleanField(default=False)

    objects = ContactPointQuerySet.as_manager()  # type: ignore[assignment,misc]  # narrower

    class Meta:
        indexes = [
            models.Index(fields=["token"], name="contact_by_token"),
            models.Index(
                fields=["last_digits_token"],
                name="contact_by_last_digits",
                condition=Q(last_digits_token__isnull=False),
            ),
            models.Index(
                fields=["leaves_at"],
                name="contact_by_leaving",
                condition=Q(leaves_at__isnull=False, removed_at__isnull=True),
            ),
            models.Index(fields=["id"], name="contact_untold", condition=Q(is_change_untold=True)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["registrant", "channel", "token"],
                condition=Q(removed_at__isnull=True),
                name="a_person_names_a_contact_once",
            )
        ]

    @property
    def is_held(self) -> bool:
        """Whether this contact was added so lately that it lets nobody in."""
        return self.held_until is not None and self.held_until > timezone.now()

    @property
    def has_stood(self) -> bool:
        """Whether it was confirmed longer ago than a change can be undone."""
        return self.confirmed_at is not None and self.confirmed_at <= timezone.now() - HOLD


class ProofPurpose(models.TextChoices):
    """What a one-time code is for."""

    CONFIRM = "confirm", _("Confirm a contact")
    SIGN_IN = "sign-in", _("Open my registration")


class ContactProof(models.Model):
    """A one-time code and link that were asked for, for a contact that may not exist.

    The row is made whether or not the contact is known, so that asking takes the
    same way and time for everybody; the code itself is stored nowhere, it is
    derived from the row's id (encryption.references.one_time_code).
    """

    id = models.BigAutoField(primary_key=True)
    public_id = models.UUIDField(default=new_id, unique=True, editable=False)
    purpose = models.CharField(max_length=10, choices=ProofPurpose.choices)
    channel = models.SmallIntegerField(choices=Channel.choices)
    token = models.BigIntegerField()
    contact_point = models.ForeignKey(
        ContactPoint, on_delete=models.CASCADE, null=True, blank=True, related_name="proofs"
    )
    language = models.CharField(max_length=10)
    asked_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["token", "asked_at"], name="proof_by_contact"),
            models.Index(fields=["expires_at"], name="proof_by_expiry"),
        ]

    def __str__(self) -> str:
        return f"proof {self.pk}"
