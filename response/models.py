"""A case: somebody needs something, somebody else owns it, and a clock runs."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import StaffUser
from crises.models import Crisis
from encryption.fields import SealedTextField
from encryption.identifiers import new_id
from encryption.sealed_models import SealedModel
from geography.models import Post
from registry.models import Registrant


class Urgency(models.IntegerChoices):
    """How soon somebody must act; the first is life or limb."""

    URGENT = 1, _("Urgent: now")
    SOON = 2, _("Soon: today")
    CAN_WAIT = 3, _("Can wait: this week")


class Origin(models.TextChoices):
    """How the need became known."""

    ANSWER = "answer", _("Answered “I need help”")
    CALL = "call", _("Said so on the phone")
    COUNTER = "counter", _("Came to the counter")
    WROTE = "wrote", _("Wrote to us")
    FAMILY = "family", _("Family or others told us")


class NextStep(models.TextChoices):
    """What is to be done next."""

    CALL = "call", _("Call the person")
    VISIT = "visit", _("Go there")
    MEDICAL = "medical", _("Doctor or medicine")
    TRANSPORT = "transport", _("Transport or evacuation")
    SHELTER = "shelter", _("Shelter, food or water")
    DOCUMENT = "document", _("Passport or other document")
    FAMILY = "family", _("Tell the family")
    AUTHORITY = "authority", _("Speak with local authorities")
    OTHER = "other", _("Something else")


class Outcome(models.TextChoices):
    """How a case ended."""

    HELPED = "helped", _("Helped")
    SAFE = "safe", _("The person is safe and needs nothing more")
    REFERRED = "referred", _("Somebody else helps now")
    NOT_POSSIBLE = "not-possible", _("We could not help")
    UNREACHABLE = "unreachable", _("Could not be reached")
    MISTAKE = "mistake", _("Opened by mistake")


class CaseQuerySet(models.QuerySet["Case"]):
    """Questions about cases."""

    def open(self) -> CaseQuerySet:
        """Cases that have not ended."""
        return self.filter(closed_at__isnull=True)

    def by_need(self) -> CaseQuerySet:
        """The most urgent first, then whoever waits longest."""
        return self.order_by("urgency", "asked_at", "pk")


class Case(models.Model):
    """One need of one person. Names and words stand in the record and in the sealed entries."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    registrant = models.ForeignKey(Registrant, on_delete=models.CASCADE, related_name="cases")
    # Who looks after it; follows the person to another district.
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+")
    crisis = models.ForeignKey(
        Crisis, on_delete=models.PROTECT, null=True, blank=True, related_name="cases"
    )
    origin = models.CharField(max_length=10, choices=Origin.choices)
    urgency = models.SmallIntegerField(choices=Urgency.choices)
    owner = models.ForeignKey(StaffUser, on_delete=models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField(db_default=Now())
    # When the person last asked; the clock of the queue.
    asked_at = models.DateTimeField(db_default=Now())
    # Since when nobody owns it; empty while somebody does.
    unowned_since = models.DateTimeField(null=True, db_default=Now())
    said_safe_at = models.DateTimeField(null=True)
    next_step = models.CharField(max_length=10, choices=NextStep.choices, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["registrant", "crisis"],
                condition=Q(closed_at__isnull=True),
                nulls_distinct=True,
                name="one_open_case_of_a_person_in_a_crisis",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, outcome="")
                | Q(closed_at__isnull=False) & ~Q(outcome=""),
                name="a_closed_case_has_an_outcome",
            ),
            models.CheckConstraint(
                condition=Q(owner__isnull=True, unowned_since__isnull=False)
                | Q(owner__isnull=False, unowned_since__isnull=True),
                name="a_case_is_owned_or_the_clock_runs",
            ),
        ]
        indexes = [
            models.Index(
                fields=["post", "urgency", "asked_at"],
                condition=Q(closed_at__isnull=True),
                name="open_cases_by_need",
            ),
        ]

    def __str__(self) -> str:
        return f"case {self.pk}"


class EntryKind(models.TextChoices):
    """What happened with a case."""

    OPENED = "opened", _("Opened")
    TAKEN = "taken", _("Taken")
    GIVEN = "given", _("Given to a colleague")
    MOVED = "moved", _("Moved to another post")
    STEP = "step", _("Next step")
    ASKED_AGAIN = "asked-again", _("Asked for help again")
    SAID_SAFE = "said-safe", _("Answered “I am safe”")
    CLOSED = "closed", _("Closed")


class CaseEntry(SealedModel):
    """One line of a case's history, with a sealed note."""

    sealed_for: ClassVar[str] = "registrant_id"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="entries")
    registrant_id = models.UUIDField(db_index=True)
    by = models.ForeignKey(StaffUser, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=12, choices=EntryKind.choices)
    note = SealedTextField(blank=True, pad_to=128)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["case", "at"], name="entries_of_a_case")]


class AnswerMark(models.Model):
    """Up to when answers were looked through for needs; one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    seen_until = models.DateTimeField()
