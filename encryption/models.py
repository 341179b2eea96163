"""The key store: one wrapped data key per person and key space.

These tables live behind the database alias "keys". Destroying a row here makes
everything sealed for that person unreadable, in the database, on replicas and
in every backup of the data.
"""

from __future__ import annotations

from django.db import models


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
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["sealing_version"], name="person_key_by_version")]


class KeyFingerprint(models.Model):
    """The name of a key this installation has used, to refuse a wrong one at start."""

    key = models.CharField(max_length=32, primary_key=True)
    fingerprint = models.CharField(max_length=16)
    first_used_at = models.DateTimeField(auto_now_add=True)
