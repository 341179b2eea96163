"""What routine messages may not do: go to dead addresses, or pump SMS through us for money."""

from __future__ import annotations

from django.db import models

from registry.models import Channel


class Suppression(models.Model):
    """An address that keeps failing. Routine messages leave it out; crisis alerts do not."""

    channel = models.SmallIntegerField(choices=Channel.choices)
    address_token = models.BigIntegerField()
    reason = models.CharField(max_length=40)
    since = models.DateTimeField(auto_now=True)
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "address_token"], name="an_address_is_suppressed_once"
            )
        ]

    def __str__(self) -> str:
        return f"suppression {self.pk}"


class RoutineSms(models.Model):
    """How many routine SMS went to a country on a day; the row of no country counts them all."""

    day = models.DateField()
    country = models.CharField(max_length=2, blank=True, default="")
    messages = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "country"], name="a_country_is_counted_once_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.country or 'all'} {self.day}"
