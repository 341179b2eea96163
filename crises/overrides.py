"""Writing to people without their yes, because lives are at stake: by two people, for a while.

An override widens the audience of one crisis's alerts and of nothing else, to contact points
and to nothing else. It is never changed: what was asked for stays as it was asked, and a
renewal is a row of its own. It ends by the clock; no job has to run for that.
"""

from __future__ import annotations

import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent.models import Basis
from encryption.identifiers import new_id

LONGEST_HOURS = 72
LONGEST = datetime.timedelta(hours=LONGEST_HOURS)
# After its end: until when everybody has been told, and until when it was looked at again.
NOTICE_WITHIN = datetime.timedelta(days=3)
REVIEW_WITHIN = datetime.timedelta(days=7)
# A request nobody answered by then is no longer about what is happening now.
REQUEST_LIFE = datetime.timedelta(hours=24)


class OverrideField(models.TextChoices):
    """What an override lets us use: ways to reach somebody, as the purposes name them."""

    PHONE = "contact_points.phone", _("Phone numbers")
    EMAIL = "contact_points.email", _("E-mail addresses")


class ReviewFinding(models.TextChoices):
    """What a reviewer found."""

    NEEDED = "needed", _("It was needed")
    TOO_WIDE = "too-wide", _("It was needed, but not for so many people or so long")
    NOT_NEEDED = "not-needed", _("It was not needed")


# Where the home State has a crisis law, that is the better basis.
BASES = (Basis.VITAL_INTEREST, Basis.PUBLIC_TASK)


class OverrideQuerySet(models.QuerySet["VitalInterestOverride"]):
    """Questions about overrides."""

    def waiting(self) -> OverrideQuerySet:
        """Asked for, and neither approved nor dropped."""
        since = timezone.now() - REQUEST_LIFE
        return self.filter(approved_at__isnull=True, ended_at__isnull=True, requested_at__gt=since)

    def running(self) -> OverrideQuerySet:
        """In force now."""
        now = timezone.now()
        return self.filter(approved_at__isnull=False, starts_at__lte=now, ends_at__gt=now)

    def over(self) -> OverrideQuerySet:
        """Approved once, and over."""
        return self.filter(approved_at__isnull=False, ends_at__lte=timezone.now())

    def awaiting_review(self) -> OverrideQuerySet:
        """Over, and nobody has looked at it again yet."""
        return self.over().filter(reviewed_at__isnull=True)

    def review_overdue(self) -> OverrideQuerySet:
        """Nobody looked at it again in time."""
        return self.awaiting_review().filter(review_due_at__lte=timezone.now())

    def notice_overdue(self) -> OverrideQuerySet:
        """Not everybody was told in time."""
        return self.over().filter(told_at__isnull=True, notice_due_at__lte=timezone.now())


class VitalInterestOverride(models.Model):
    """One permission to alert people who did not agree, in one crisis."""

    public_id = models.UUIDField(default=new_id, unique=True, editable=False)
    crisis = models.ForeignKey("crises.Crisis", on_delete=models.PROTECT, related_name="overrides")
    basis = models.CharField(max_length=10, choices=[(one.value, one.label) for one in BASES])
    # The article, paragraph and date that allow it.
    legal_text = models.CharField(max_length=200)
    fields = ArrayField(models.CharField(max_length=60, choices=OverrideField.choices))
    reason = models.CharField(max_length=500)
    no_other_basis_because = models.CharField(max_length=500)
    # People who said no are a decision of their own, with a reason of its own.
    includes_refusers = models.BooleanField(default=False)
    refusers_reason = models.CharField(max_length=500, blank=True)
    max_recipients = models.PositiveIntegerField()
    hours = models.PositiveSmallIntegerField()
    requested_by = models.ForeignKey(
        "accounts.StaffUser", on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField(db_default=Now())
    approved_by = models.ForeignKey(
        "accounts.StaffUser", on_delete=models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    starts_at = models.DateTimeField(null=True)
    # May be brought forward, never put off.
    ends_at = models.DateTimeField(null=True)
    # Who ended it before its time, or dropped the request.
    ended_by = models.ForeignKey(
        "accounts.StaffUser", on_delete=models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    # People an alert was written down for under it; see notifications.overridden.
    recipient_count = models.PositiveIntegerField(default=0)
    notice_due_at = models.DateTimeField(null=True)
    # When the last of them had been told.
    told_at = models.DateTimeField(null=True)
    review_due_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(
        "accounts.StaffUser", on_delete=models.PROTECT, null=True, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True)
    finding = models.CharField(max_length=12, choices=ReviewFinding.choices, blank=True)
    review_words = models.CharField(max_length=500, blank=True)

    objects = OverrideQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("requested_by")),
                name="an_override_is_approved_by_somebody_else",
            ),
            models.CheckConstraint(
                condition=Q(
                    approved_by__isnull=True,
                    approved_at__isnull=True,
                    starts_at__isnull=True,
                    ends_at__isnull=True,
                    notice_due_at__isnull=True,
                    review_due_at__isnull=True,
                    recipient_count=0,
                )
                | Q(
                    approved_by__isnull=False,
                    approved_at__isnull=False,
                    starts_at__isnull=False,
                    ends_at__isnull=False,
                    notice_due_at__isnull=False,
                    review_due_at__isnull=False,
                ),
                name="an_approved_override_names_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True)
                | Q(ends_at__gte=F("starts_at"), ends_at__lte=F("starts_at") + LONGEST),
                name="an_override_lasts_72_hours_at_most",
            ),
            models.CheckConstraint(
                condition=Q(hours__gte=1, hours__lte=LONGEST_HOURS),
                name="an_override_is_asked_for_72_hours_at_most",
            ),
            models.CheckConstraint(
                condition=Q(
                    fields__contained_by=OverrideField.values,
                    fields__len__gte=1,
                ),
                name="an_override_opens_contact_points_only",
            ),
            models.CheckConstraint(
                condition=Q(basis__in=[one.value for one in BASES]),
                name="an_override_is_no_consent",
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(no_other_basis_because="") & ~Q(legal_text=""),
                name="an_override_says_why",
            ),
            models.CheckConstraint(
                condition=Q(includes_refusers=True) & ~Q(refusers_reason="")
                | Q(includes_refusers=False, refusers_reason=""),
                name="writing_to_refusers_has_a_reason_of_its_own",
            ),
            models.CheckConstraint(
                condition=Q(max_recipients__gte=1, recipient_count__lte=F("max_recipients")),
                name="an_override_reaches_no_more_than_it_may",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True)
                | Q(
                    review_due_at__lte=F("ends_at") + REVIEW_WITHIN,
                    notice_due_at__lte=F("ends_at") + REVIEW_WITHIN,
                ),
                name="an_override_is_reviewed_within_a_week",
            ),
            models.CheckConstraint(
                condition=Q(ended_by__isnull=True, ended_at__isnull=True)
                | Q(ended_by__isnull=False, ended_at__isnull=False),
                name="whoever_ends_an_override_is_named",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True, reviewed_at__isnull=True, finding="")
                | Q(
                    reviewed_by__isnull=False,
                    reviewed_at__isnull=False,
                    finding__in=ReviewFinding.values,
                    reviewed_at__gte=F("ends_at"),
                )
                & ~Q(reviewed_by=F("requested_by"))
                & ~Q(reviewed_by=F("approved_by")),
                name="an_override_is_reviewed_by_a_third_person",
            ),
            models.UniqueConstraint(
                fields=["crisis"],
                condition=Q(approved_at__isnull=True, ended_at__isnull=True),
                name="an_override_is_asked_for_once_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"override {self.pk}"

    @property
    def is_waiting(self) -> bool:
        """Whether a second person may still approve it."""
        return (
            self.approved_at is None
            and self.ended_at is None
            and timezone.now() < self.requested_at + REQUEST_LIFE
        )

    @property
    def is_running(self) -> bool:
        """Whether it is in force at this moment."""
        return self.ends_at is not None and timezone.now() < self.ends_at

    @property
    def is_over(self) -> bool:
        """Whether it was in force once and is no longer."""
        return self.ends_at is not None and not self.is_running

    @property
    def is_full(self) -> bool:
        """Whether nobody more may be written to under it."""
        return self.recipient_count >= self.max_recipients
