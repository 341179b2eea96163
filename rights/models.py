"""What people ask for by right: what, since when, until when it must be answered, and how it was.

A request names its person by id alone and holds codes only. It stays when the person is erased:
that their request was answered in time is theirs to see no more, but the law's to ask.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import StaffUser
from encryption.identifiers import new_id
from geography.models import Post


class Right(models.TextChoices):
    """The rights of GDPR articles 15 to 21."""

    ACCESS = "access", _("See everything that is held, and who looked")
    CORRECTION = "correction", _("Have something put right")
    ERASURE = "erasure", _("Be erased")
    RESTRICTION = "restriction", _("Have the record locked")
    OBJECTION = "objection", _("Object to a use")
    PORTABILITY = "portability", _("Take the data elsewhere")


class Way(models.TextChoices):
    """How a request came."""

    WEB = "web", _("On the website")
    SMS = "sms", _("By text message")
    COUNTER = "counter", _("At the counter")


class Identity(models.TextChoices):
    """How an officer knew who asked at the counter."""

    DOCUMENT = "document", _("Passport or other document seen")
    RECEIPT = "receipt", _("Receipt and answers that fit the record")
    KNOWN = "known", _("Known to the post")


class State(models.TextChoices):
    """What became of a request."""

    OPEN = "open", _("Open")
    # Granted, and in force until it is lifted: a locked record.
    IN_FORCE = "in-force", _("In force")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")


class Ground(models.TextChoices):
    """Why a request was refused or had nothing left to do."""

    IDENTITY = "identity", _("It is not sure that it is the same person")
    LAW = "law", _("A law makes us keep it")
    COMPELLING = "compelling", _("There are compelling grounds, such as danger to life")
    WITHDRAWN = "withdrawn", _("The person no longer asks for it")


# Decided by the data-protection officer; the rest by an officer of the post.
DECIDED_BY_OVERSIGHT = frozenset({Right.ERASURE, Right.OBJECTION})
# Asking is enough: the record is locked from that moment.
LOCKING = frozenset({Right.RESTRICTION, Right.OBJECTION})


class RightsRequestQuerySet(models.QuerySet["RightsRequest"]):
    """Questions about requests."""

    def open(self) -> RightsRequestQuerySet:
        """Requests that wait for an answer."""
        return self.filter(state=State.OPEN)

    def locking(self) -> RightsRequestQuerySet:
        """Requests because of which a record is locked now."""
        return self.filter(
            Q(state=State.IN_FORCE) | Q(state=State.OPEN, right=Right.OBJECTION),
            right__in=[right.value for right in LOCKING],
        )


class RightsRequest(models.Model):
    """One request of one person."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person_id = models.UUIDField()
    right = models.CharField(max_length=12, choices=Right.choices)
    # What is objected to; empty for the other rights.
    purpose_code = models.CharField(max_length=60, blank=True)
    way = models.CharField(max_length=8, choices=Way.choices)
    identity = models.CharField(max_length=10, choices=Identity.choices, blank=True)
    # Whose queue it stands in: the post that looks after the person.
    post = models.ForeignKey(Post, on_delete=models.PROTECT, null=True, related_name="+")
    entered_by = models.ForeignKey(StaffUser, on_delete=models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())
    # By when the law wants an answer.
    due_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    ground = models.CharField(max_length=10, choices=Ground.choices, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(StaffUser, on_delete=models.PROTECT, null=True, related_name="+")
    # Decided by somebody who may not touch the record; a worker carries it out.
    is_to_be_carried_out = models.BooleanField(default=False)

    objects = RightsRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person_id", "right", "purpose_code"],
                condition=Q(state__in=["open", "in-force"]),
                name="a_right_is_asked_for_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True)
                | ~Q(state="open") & Q(decided_at__isnull=False),
                name="an_answered_request_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(ground=""),
                name="a_refusal_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(way="counter") | Q(entered_by__isnull=False) & ~Q(identity=""),
                name="a_request_at_the_counter_says_who_checked_and_how",
            ),
            models.CheckConstraint(
                condition=Q(right="objection") & ~Q(purpose_code="")
                | ~Q(right="objection") & Q(purpose_code=""),
                name="an_objection_says_to_what",
            ),
            # Whoever enters an erasure for somebody does not also decide it.
            models.CheckConstraint(
                condition=~Q(right="erasure")
                | Q(decided_by__isnull=True)
                | ~Q(decided_by=models.F("entered_by")),
                name="an_erasure_is_decided_by_somebody_else",
            ),
        ]
        indexes = [
            models.Index(
                fields=["post", "due_at"], condition=Q(state="open"), name="open_rights_by_due"
            ),
            models.Index(fields=["person_id", "-asked_at"], name="rights_of_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.right} {self.pk}"

    @property
    def is_late(self) -> bool:
        """Whether the law's time is over without an answer."""
        return self.state == State.OPEN and self.due_at < timezone.now()

    @property
    def is_for_oversight(self) -> bool:
        """Whether the data-protection officer decides it."""
        return self.right in DECIDED_BY_OVERSIGHT
