"""Two records that may be of one person, for an officer to look at."""

from __future__ import annotations

from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import StaffUser
from encryption.identifiers import new_id
from registry.models.people import Registrant


class DuplicateReason(models.TextChoices):
    """What two records have in common."""

    PASSPORT = "passport", _("Same passport number")
    PHONE = "phone", _("Same phone number")
    EMAIL = "email", _("Same e-mail address")
    NAME = "name", _("Same name")
    ALIKE_NAME = "alike-name", _("Alike name")
    BIRTH_DATE = "birth-date", _("Same date of birth")
    BIRTH_YEAR = "birth-year", _("Same year of birth")
    PLACE = "place", _("Same place")
    AREA = "area", _("Same area")


class ProposalState(models.TextChoices):
    """What became of a proposal."""

    OPEN = "open", _("To be looked at")
    DISMISSED = "dismissed", _("Not the same person")


class DismissalReason(models.TextChoices):
    """Why two records are of two people."""

    FAMILY = "family", _("They are of one family or one household")
    NAMESAKES = "namesakes", _("They only have the same name")
    CHECKED = "checked", _("I asked them, or saw their documents")
    OTHER = "other", _("Another reason")


class DuplicateProposal(models.Model):
    """A pair of records that may be of one person, and why. Holds ids and codes only.

    score: how sure we are, in percent. A dismissed pair is never proposed again.
    """

    id = models.BigAutoField(primary_key=True)
    public_id = models.UUIDField(default=new_id, unique=True, editable=False)
    first = models.ForeignKey(Registrant, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Registrant, on_delete=models.CASCADE, related_name="+")
    reasons = ArrayField(models.CharField(max_length=12, choices=DuplicateReason.choices))
    score = models.PositiveSmallIntegerField()
    state = models.CharField(
        max_length=10, choices=ProposalState.choices, default=ProposalState.OPEN
    )
    proposed_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        StaffUser, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    close_reason = models.CharField(max_length=10, choices=DismissalReason.choices, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["-score", "-id"], name="duplicate_open", condition=Q(state="open")
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="a_pair_is_proposed_once"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="a_pair_has_its_smaller_id_first"
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True, closed_by__isnull=True)
                | Q(state="dismissed", closed_at__isnull=False, closed_by__isnull=False)
                & ~Q(close_reason=""),
                name="who_closed_a_proposal_and_why_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"duplicate proposal {self.pk}"

    def other(self, person_id: UUID) -> UUID:
        """Return the other person of the pair."""
        return self.second_id if person_id == self.first_id else self.first_id


class DuplicateSearch(models.Model):
    """How far the search for duplicates has come: one row.

    Everybody up to (changed_in, person_id) was compared with the register, and everybody who
    added a contact before `contacts_until`.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    changed_in = models.BigIntegerField(default=0)
    person_id = models.UUIDField(default=UUID(int=0))
    contacts_until = models.DateTimeField()

    def __str__(self) -> str:
        return "how far the search for duplicates has come"
