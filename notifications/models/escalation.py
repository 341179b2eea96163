"""The ladder: what happens, and when, for people who do not answer. Timers are rows."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import StaffUser
from crises.models import Crisis
from encryption.identifiers import new_id
from notifications.models.dispatches import Dispatch


class Step(models.TextChoices):
    """The rungs, from the first to the last. The later ones are done by people."""

    OTHER_WAY = "other-way", _("By a way not used yet")
    OTHER_LANGUAGE = "other-language", _("In their next language")
    EMERGENCY_CONTACT = "emergency-contact", _("Call the emergency contact")
    FOCAL_POINT = "focal-point", _("Ask somebody of the community")
    FIELD_CHECK = "field-check", _("Somebody goes and looks")


#: Done by the engine: the approved words leave again, as a dispatch of their own.
BY_MESSAGE = (Step.OTHER_WAY, Step.OTHER_LANGUAGE)


class EscalationTimer(models.Model):
    """When one rung of a dispatch's ladder is due, and that it began."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="timers")
    step = models.CharField(max_length=20, choices=Step.choices)
    due_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True)
    # The ladder was taken away, or there was no reason left to climb.
    stopped_at = models.DateTimeField(null=True)
    # The dispatch a rung sent, if it is done by message.
    sent_as = models.OneToOneField(
        Dispatch, on_delete=models.CASCADE, null=True, related_name="escalation"
    )

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["dispatch", "step"], name="a_ladder_has_each_rung_once"
            ),
            models.CheckConstraint(
                condition=Q(sent_as__isnull=True) | Q(began_at__isnull=False),
                name="only_a_rung_that_began_has_sent",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["due_at"],
                name="timer_to_ring",
                condition=Q(began_at__isnull=True, stopped_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.step} of dispatch {self.dispatch_id}"


class TaskState(models.TextChoices):
    """Whether anybody still has to act for this person on this rung."""

    OPEN = "open", _("To do")
    DONE = "done", _("Done")
    # The person answered, or the ladder was taken away.
    NEEDLESS = "needless", _("No longer needed")


class TaskOutcome(models.TextChoices):
    """What came of one try."""

    SAFE = "safe", _("They are safe")
    HELP = "help", _("They need help")
    NOBODY_THERE = "nobody-there", _("Nobody answered")
    NO_WAY = "no-way", _("There is nobody to ask")


class PhoneTask(models.Model):
    """One person to find out about by telephone or on foot, leased by whoever is at it.

    Leased as a chunk is: the token rises with each claim, and only its holder may say what
    came of it. Holds no name and no number.
    """

    public_id = models.UUIDField(default=new_id, unique=True, editable=False)
    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="phone_tasks")
    crisis = models.ForeignKey(Crisis, on_delete=models.PROTECT, related_name="+")
    registrant_id = models.UUIDField()
    post_id = models.IntegerField(null=True)
    step = models.CharField(max_length=20, choices=Step.choices)
    state = models.CharField(max_length=8, choices=TaskState.choices, default=TaskState.OPEN)
    due_at = models.DateTimeField()
    token = models.BigIntegerField(default=0)
    operator = models.ForeignKey(StaffUser, on_delete=models.PROTECT, null=True, related_name="+")
    lease_until = models.DateTimeField(null=True)
    tries = models.SmallIntegerField(default=0)
    outcome = models.CharField(max_length=12, choices=TaskOutcome.choices, blank=True, default="")
    changed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["dispatch", "registrant_id", "step"],
                name="a_person_is_asked_after_once_on_each_rung",
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["post_id", "due_at"],
                name="phone_task_to_claim",
                condition=Q(state="open"),
            ),
            models.Index(fields=["registrant_id"], name="phone_task_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.public_id}"
