"""The registered person."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from encryption.fields import SealedJSONField, SealedTextField, Unreadable
from encryption.identifiers import new_id
from encryption.models import RestorationMark
from encryption.sealed_models import SealedModel, SealedQuerySet


class RegistrantQuerySet(SealedQuerySet["Registrant"]):
    """Questions about registered people."""

    def unrestricted(self) -> RegistrantQuerySet:
        """People whose record is not locked."""
        return self.filter(restricted_at__isnull=True)


class Registrant(SealedModel):
    """One person. Everything that tells who they are is sealed under their own key."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    given_names = SealedTextField(blank=True)
    family_names = SealedTextField(blank=True)
    # An alias the person chose instead of names.
    alias = SealedTextField(blank=True)
    # {"year": 1990, "month": 4, "day": 2}, coarser parts alone where the person knows no more.
    birth = SealedJSONField(null=True, blank=True)
    nationality = models.CharField(max_length=2, blank=True)
    passport_number = SealedTextField(blank=True)
    passport_token = models.BigIntegerField(null=True, blank=True)
    language = models.CharField(max_length=10)
    other_languages = ArrayField(models.CharField(max_length=10), default=list)
    registered_at = models.DateTimeField(auto_now_add=True)
    # A restricted record is locked: its person asked that it be used for nothing.
    restricted_at = models.DateTimeField(null=True, blank=True)
    # The transaction of the last change, set by a trigger: the finder asks what is new.
    changed_in = models.BigIntegerField(default=0, editable=False)

    objects = RegistrantQuerySet.as_manager()  # type: ignore[assignment,misc]  # narrower

    class Meta:
        indexes = [
            models.Index(
                fields=["passport_token"],
                name="registrant_by_passport",
                condition=models.Q(passport_token__isnull=False),
            ),
            models.Index(fields=["changed_in"], name="registrant_by_change"),
        ]

    @property
    def display_name(self) -> str:
        """The name to show or print: names in the order given, or the alias."""
        for part in (self.given_names, self.family_names):
            if isinstance(part, Unreadable):
                return part
        full = f"{self.given_names} {self.family_names}".strip()
        return full or self.alias


class ErasedPerson(models.Model):
    """That somebody was erased, and when: a restored backup must erase them again.

    The id means nothing to anybody once the person's rows and key are gone.
    """

    person_id = models.UUIDField(primary_key=True)
    erased_at = models.DateTimeField(auto_now_add=True)
    changed_in = models.BigIntegerField(default=0, editable=False)

    class Meta:
        indexes = [models.Index(fields=["changed_in"], name="erased_by_change")]

    def __str__(self) -> str:
        return str(self.person_id)


class Restoration(RestorationMark):
    """A restoration of this database from a backup."""
