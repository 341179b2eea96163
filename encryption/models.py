"""The key store: one wrapped data key per person and key space.

These tables live behind the database alias "keys". Destroying a row here makes
everything sealed for that person unreadable, in the database, on replicas and
in every backup of the data.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class KeySpace(models.IntegerChoices):
    """What a person's key opens. Needs and notes are apart, so a clerk can lack them."""

    IDENTITY = 1, "identity"
    NEEDS = 2, "needs"


class PersonKey(models.Model):
    """The data key of one person in one key space, wrapped under a sealing key."""

    pk = models.CompositePrimaryKey("person_id", "space")
    person_id = models.UUIDField()
    space = models.SmallIntegerField(choices=KeySpace.choices, default=KeySpace.IDENTITY)
    sealing_version = models.SmallIntegerField()
    wrapped = models.BinaryField()
    # The key before this one, while a person is sealed anew (encryption.resealing).
    former_version = models.SmallIntegerField(null=True)
    former_wrapped = models.BinaryField(null=True)
    replaced_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["sealing_version"], name="person_key_by_version"),
            models.Index(
                fields=["replaced_at"],
                name="person_key_being_replaced",
                condition=models.Q(former_version__isnull=False),
            ),
        ]


class KeyFingerprint(models.Model):
    """The name of a key this installation has used, to refuse a wrong one at start."""

    key = models.CharField(max_length=32, primary_key=True)
    fingerprint = models.CharField(max_length=16)
    first_used_at = models.DateTimeField(auto_now_add=True)


class Erasure(models.Model):
    """The journal of erasures: who was erased, by an id that leads nowhere, and when.

    It stands beside the keys, not beside the data, so that data restored from a backup
    can be told who has been erased since. The database lets no key be made for somebody
    in it (migration 0002).
    """

    person_id = models.UUIDField(primary_key=True)
    erased_at = models.DateTimeField(default=timezone.now)
    # When the last of their rows had gone; until then the clearing is repeated.
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["erased_at"],
                name="erasure_to_finish",
                condition=models.Q(finished_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return str(self.person_id)


class RestorationMark(models.Model):
    """That a database came out of a backup, and whether later erasures have been repeated."""

    set_name = models.CharField(max_length=60)
    # When the backup was made: whoever was erased after that came back with it.
    made_at = models.DateTimeField()
    restored_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.set_name


class KeyRestoration(RestorationMark):
    """A restoration of the key store."""
