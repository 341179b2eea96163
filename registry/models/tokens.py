"""What is known of the two sides of the token tables (registry/finding/tokens/)."""

from __future__ import annotations

from django.db import models

from encryption.identifiers import new_id


class TokenBuild(models.Model):
    """One side: by which rules and keys it was made, how far it is, what it knows.

    Derived data as the tokens are: UNLOGGED, so that a crash which empties the tokens takes
    away the claim that there are any.
    """

    # Part of what its keys are derived from: no two builds have a token in common.
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    side = models.SmallIntegerField(unique=True)
    norm_version = models.SmallIntegerField()
    key_version = models.SmallIntegerField()
    # The database and the transactions before which everything is known.
    origin = models.CharField(max_length=100, blank=True)
    oldest_open = models.BigIntegerField()
    next_transaction = models.BigIntegerField()
    day = models.DateField()
    people_expected = models.IntegerField()
    # Up to whom a build has come, and which number the next person gets.
    last_person_id = models.UUIDField(null=True, blank=True)
    next_number = models.IntegerField(default=1)
    # How many hold each pair, sealed.
    counts = models.BinaryField()
    started_at = models.DateTimeField(auto_now_add=True)
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(side__in=[0, 1]), name="there_are_two_sides_of_tokens"
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)
