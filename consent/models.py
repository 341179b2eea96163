"""Purposes, the words people were shown, and what they answered.

A consent is never a flag: it is the last event of one person for one purpose.
Events are append-only, enforced by the database (migration 0002), and name the
person by an opaque id that means nothing once their registration is erased.
Columns follow ISO/IEC TS 27560; docs/architecture.md has the mapping.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from encryption.identifiers import new_id

SCHEMA_VERSION = "TS27560:2023"


class Basis(models.TextChoices):
    """The legal basis of a purpose (GDPR article 6 and 9 as the floor)."""

    CONSENT = "6.1.a", _("Your consent")
    PUBLIC_TASK = "6.1.e", _("The public task of the consulate")
    VITAL_INTEREST = "6.1.d", _("Protecting somebody's life")
    EXPLICIT_CONSENT = "9.2.a", _("Your explicit consent")


class Purpose(models.Model):
    """One thing we may do with somebody's data, under one basis."""

    code = models.CharField(max_length=60, primary_key=True)
    version = models.PositiveSmallIntegerField()
    # Raising it ends every consent given to older words at once, without touching an event.
    material_version = models.PositiveSmallIntegerField()
    basis = models.CharField(max_length=10, choices=Basis.choices)
    is_optional = models.BooleanField()
    is_special_category = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField()
    fields = ArrayField(models.CharField(max_length=60))
    recipients = ArrayField(models.CharField(max_length=60))
    retention = models.CharField(max_length=60)
    storage_place = models.CharField(max_length=60)
    jurisdiction = models.CharField(max_length=60)
    authority = models.CharField(max_length=200)
    validity_days = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(material_version__lte=F("version")),
                name="material_version_is_a_version_there_was",
            )
        ]

    def __str__(self) -> str:
        return self.code


class NoticeText(models.Model):
    """The words of one purpose, in one language and one version. Never changed once used."""

    is_append_only: ClassVar[bool] = True

    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="notices")
    version = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=10)
    medium = models.CharField(max_length=12, default="text")
    title = models.CharField(max_length=200)
    sentence = models.TextField()
    sha256 = models.CharField(max_length=64)
    approved_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "version", "language", "medium"],
                name="one_text_per_version_and_language",
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose_id} {self.version} {self.language}"


class ConsentState(models.TextChoices):
    """What an event says. Only given and renewed permit processing."""

    REQUESTED = "requested"
    GIVEN = "given"
    REFUSED = "refused"
    DEFERRED = "deferred"
    RENEWED = "renewed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    INVALIDATED = "invalidated"
    TERMINATED = "terminated"


class GivenBy(models.TextChoices):
    """Who gave the answer."""

    SELF = "self"
    GUARDIAN = "guardian"
    REPRESENTATIVE = "representative"
    ASSISTED = "assisted"


class ConsentEvent(models.Model):
    """One answer of one person about one purpose. No IP, no place, no free text."""

    is_append_only: ClassVar[bool] = True

    event_id = models.UUIDField(default=new_id, unique=True, editable=False)
    # One record per person and purpose; its events tell its story.
    record_id = models.UUIDField()
    schema_version = models.CharField(max_length=20, default=SCHEMA_VERSION)
    subject_id = models.UUIDField()
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="+")
    purpose_version = models.PositiveSmallIntegerField()
    basis = models.CharField(max_length=10, choices=Basis.choices)
    notice = models.ForeignKey(NoticeText, on_delete=models.PROTECT, related_name="+")
    notice_sha256 = models.CharField(max_length=64)
    # Notice, label, default state and order as they stood on the page.
    rendered_sha256 = models.CharField(max_length=64)
    language = models.CharField(max_length=10)
    language_asked = models.CharField(max_length=10)
    state = models.CharField(max_length=12, choices=ConsentState.choices)
    # Withdrawn or refused because being written to is a danger: no override reaches them.
    is_for_safety = models.BooleanField(default=False, db_default=False)
    event_type = models.CharField(max_length=12)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    clock_source = models.CharField(max_length=12, default="server")
    valid_until = models.DateTimeField()
    given_by = models.CharField(max_length=16, choices=GivenBy.choices, default=GivenBy.SELF)
    actor_id = models.UUIDField(null=True)
    authority_sha256 = models.CharField(max_length=64, blank=True)
    authority_until = models.DateTimeField(null=True)
    assistant_id = models.UUIDField(null=True)
    interpreter_id = models.UUIDField(null=True)
    witness_id = models.UUIDField(null=True)
    is_alone_confirmed = models.BooleanField(null=True)
    is_refusal_explained = models.BooleanField(null=True)
    channel = models.CharField(max_length=12)
    method = models.CharField(max_length=24)
    evidence_sha256 = ArrayField(models.CharField(max_length=64), default=list)
    post_id = models.IntegerField(null=True)
    staff_id = models.UUIDField(null=True)
    app_build = models.CharField(max_length=40)
    # For sealing, see audit.sealing. Events older than this column have none.
    transaction_id = models.BigIntegerField(
        null=True, db_default=RawSQL("pg_current_xact_id()::text::bigint", ())
    )

    class Meta:
        indexes = [
            models.Index(fields=["transaction_id"], name="consent_by_transaction"),
            models.Index(
                fields=["purpose", "subject_id", "-id"],
                include=["state", "purpose_version", "valid_until"],
                name="consent_latest",
            ),
            models.Index(fields=["subject_id", "id"], name="consent_by_subject"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(language=F("language_asked")),
                name="the_words_are_in_the_language_asked_for",
            ),
            models.CheckConstraint(
                condition=Q(is_for_safety=False)
                | Q(state__in=[ConsentState.REFUSED, ConsentState.WITHDRAWN]),
                name="only_a_no_is_for_safety",
            ),
            models.CheckConstraint(
                condition=Q(event_type__in=["explicit", "expressed"]),
                name="consent_is_explicit_or_expressed",
            ),
            models.CheckConstraint(
                condition=Q(
                    method__in=["unticked-box", "button", "keyword", "spoken", "signature"]
                ),
                name="consent_is_a_clear_act",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose_id} {self.state}"


class LiveConsent(models.Model):
    """A consent that permits processing now: a view over the events, never a stored flag."""

    pk = models.CompositePrimaryKey("purpose_code", "subject_id")
    purpose_code = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    proof_id = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "consent_live"

    def __str__(self) -> str:
        return self.purpose_code
