"""The question whether somebody is still where they told us."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from notifications.models.dispatches import Dispatch
from registry.models import Stay


class StayAnswer(models.TextChoices):
    """What a person says about a stay."""

    HERE = "here", _("Yes, I am still there")
    MOVED = "moved", _("No, I have moved")
    HOME = "home", _("No, I have gone home")


class StayQuestion(models.Model):
    """One time that a person was asked about one stay. It is answered once."""

    dispatch = models.OneToOneField(Dispatch, on_delete=models.CASCADE, related_name="question")
    stay = models.ForeignKey(Stay, on_delete=models.CASCADE, related_name="questions")
    asked_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=8, choices=StayAnswer.choices, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["stay", "-asked_at"], name="question_by_stay")]

    def __str__(self) -> str:
        return f"question {self.pk}"
