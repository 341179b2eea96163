"""Lists of people that leave the register: two officers of two bodies, one recipient, one crisis.

A list exists only sealed for its recipient's key. We cannot open it ourselves, and there is no
page that shows one.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import StaffUser
from crises.models import Crisis
from encryption.identifiers import new_id
from geography.models import Post

MOST_PEOPLE = 500
LONGEST_HOURS = 72


class Recipient(models.Model):
    """Somebody who may be given lists, and the public half of the key they open them with."""

    name = models.CharField(max_length=120, unique=True)
    public_key = models.CharField(max_length=80)
    added_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class ListPurpose(models.TextChoices):
    """What a list may be for."""

    EVACUATION = "evacuation", _("Bringing people out")
    SEARCH = "search", _("Looking for people who may be hurt")
    MEDICAL = "medical", _("Medical help")
    SHELTER = "shelter", _("Shelter, food and water")


class ListState(models.TextChoices):
    """How far a list has come."""

    ASKED = "asked", _("Waiting for a second officer")
    APPROVED = "approved", _("Being made")
    READY = "ready", _("Ready to download")
    REFUSED = "refused", _("Refused")
    DROPPED = "dropped", _("Dropped")
    EXPIRED = "expired", _("Expired")


class PeopleList(models.Model):
    """One list of people of one post in one crisis, for one recipient."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    crisis = models.ForeignKey(Crisis, on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+")
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=10, choices=ListPurpose.choices)
    hours = models.PositiveSmallIntegerField()
    # How many people it was when it was asked for; typed again by the second officer.
    expected_count = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=ListState.choices, default=ListState.ASKED)
    asked_by = models.ForeignKey(StaffUser, on_delete=models.PROTECT, related_name="+")
    asked_body = models.CharField(max_length=40)
    asked_at = models.DateTimeField(db_default=Now())
    decided_by = models.ForeignKey(StaffUser, on_delete=models.PROTECT, null=True, related_name="+")
    decided_body = models.CharField(max_length=40, blank=True)
    decided_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    # Ids of the people in it, so that an erasure finds it; emptied with its content.
    people = ArrayField(models.UUIDField(), default=list)
    content = models.BinaryField(default=b"")
    downloads = models.PositiveSmallIntegerField(default=0)
    # People in it who were erased after it had left: the recipient must be told.
    erased_since = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | ~Q(decided_by=F("asked_by")) & ~Q(decided_body=F("asked_body")),
                name="a_list_takes_two_officers_of_two_bodies",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "expired"])
                | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="no_list_is_made_undecided",
            ),
            models.CheckConstraint(
                condition=Q(hours__gte=1, hours__lte=LONGEST_HOURS),
                name="a_list_lives_three_days_at_most",
            ),
            models.CheckConstraint(
                condition=Q(expected_count__lte=MOST_PEOPLE) & Q(people__len__lte=MOST_PEOPLE),
                name="a_list_has_a_limit",
            ),
            models.CheckConstraint(
                condition=Q(state="ready") | Q(content=b""), name="only_a_ready_list_has_content"
            ),
        ]

    def __str__(self) -> str:
        return f"list {self.pk}"
