"""The audience of a dispatch, its deliveries, and the chunks workers lease.

PostgreSQL owns this work. A chunk is a run of delivery numbers with a durable
cursor; whoever holds its token may move the cursor, and everything before the
cursor has a recorded outcome (docs/sending.md).
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from consent.models import Basis
from notifications.models.dispatches import Dispatch, Lane
from registry.models import Channel

# Members, deliveries and attempts are written a million at a time by the engine alone;
# a foreign key check per row would cost more than the row, so the database keeps none.


class AudienceSlice(models.Model):
    """A range of person ids whose audience rows are written in one transaction."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="slices")
    number = models.IntegerField()
    # Half-open: first_id <= person id < end_id; no end for the last slice.
    first_id = models.UUIDField(null=True)
    end_id = models.UUIDField(null=True)
    written_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dispatch", "number"], name="a_slice_is_cut_once")
        ]

    def __str__(self) -> str:
        return f"slice {self.number} of {self.dispatch_id}"


class AudienceMember(models.Model):
    """One person of the audience, with the place they were counted in."""

    pk = models.CompositePrimaryKey("dispatch_id", "number")
    dispatch = models.ForeignKey(
        Dispatch, on_delete=models.CASCADE, related_name="members", db_constraint=False
    )
    number = models.IntegerField()
    registrant_id = models.UUIDField()
    country_id = models.CharField(max_length=2)
    area_id = models.CharField(max_length=6, null=True)
    post_id = models.IntegerField(null=True)
    language = models.CharField(max_length=10)
    # The latest answer of the person in this crisis, kept here so that the board is one query.
    answer = models.CharField(max_length=4, blank=True, default="")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dispatch", "registrant_id"], name="a_person_is_in_an_audience_once"
            )
        ]
        indexes = [models.Index(fields=["registrant_id"], name="audience_by_person")]


class DeliveryStatus(models.IntegerChoices):
    """What has become of one delivery. A higher rank is never overwritten by a lower one."""

    QUEUED = 0, "queued"
    DEFERRED = 10, "deferred"
    HANDED_OVER = 20, "handed over"
    # The connection broke after the last byte: it may have arrived.
    UNKNOWN = 25, "unknown"
    FAILED = 30, "failed"
    DELIVERED = 40, "delivered"
    SKIPPED = 50, "skipped"
    CANCELLED = 60, "cancelled"
    # The same address stands in another row of this dispatch, which is the one sent.
    SHARED = 70, "shared"


class Delivery(models.Model):
    """One message to one contact point. Holds no address and no text."""

    pk = models.CompositePrimaryKey("dispatch_id", "seq")
    dispatch = models.ForeignKey(
        Dispatch, on_delete=models.CASCADE, related_name="deliveries", db_constraint=False
    )
    seq = models.IntegerField()
    member_number = models.IntegerField()
    registrant_id = models.UUIDField()
    contact_point_id = models.UUIDField()
    # The one-time code this delivery carries, if any.
    contact_proof_id = models.BigIntegerField(null=True)
    channel = models.SmallIntegerField(choices=Channel.choices)
    language = models.CharField(max_length=10)
    address_token = models.BigIntegerField()
    shared_with_seq = models.IntegerField(null=True)
    basis = models.CharField(max_length=10, choices=Basis.choices)
    purpose_code = models.CharField(max_length=60)
    # The consent event that permits it.
    proof_id = models.BigIntegerField(null=True)
    # The override under which it is sent instead.
    override_id = models.BigIntegerField(null=True)
    status = models.SmallIntegerField(choices=DeliveryStatus.choices, default=DeliveryStatus.QUEUED)
    reason = models.CharField(max_length=40, blank=True, default="")
    attempts = models.SmallIntegerField(default=0)
    # Copies that may have left without an answer: counted against the dispatch's bound.
    copies = models.SmallIntegerField(default=0, db_default=0)
    route = models.CharField(max_length=40, blank=True, default="")
    provider_reference = models.CharField(max_length=80, blank=True, default="")
    changed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dispatch", "channel", "address_token"],
                condition=Q(shared_with_seq__isnull=True),
                name="an_address_gets_a_message_once",
            ),
            models.CheckConstraint(
                condition=~Q(basis=Basis.CONSENT) | Q(proof_id__isnull=False),
                name="a_delivery_carries_its_proof",
            ),
            models.CheckConstraint(
                condition=~Q(basis=Basis.VITAL_INTEREST) | Q(override_id__isnull=False),
                name="a_delivery_names_its_override",
            ),
            models.CheckConstraint(
                condition=Q(shared_with_seq__isnull=True) | ~Q(shared_with_seq=F("seq")),
                name="a_delivery_is_shared_with_another",
            ),
        ]
        indexes = [
            models.Index(fields=["registrant_id"], name="delivery_by_person"),
            models.Index(fields=["dispatch", "member_number"], name="delivery_by_member"),
            models.Index(
                fields=["provider_reference"],
                name="delivery_by_reference",
                condition=~Q(provider_reference=""),
            ),
            models.Index(
                fields=["address_token", "-dispatch"],
                name="delivery_by_address",
            ),
        ]


class ChunkState(models.IntegerChoices):
    """Whether anybody still has to work on a chunk."""

    OPEN = 0, "open"
    DONE = 2, "done"
    CANCELLED = 3, "cancelled"


class Chunk(models.Model):
    """A run of delivery numbers that one worker sends under a lease."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="chunks")
    channel = models.SmallIntegerField(choices=Channel.choices)
    lane = models.SmallIntegerField(choices=Lane.choices)
    # lo <= seq < hi; everything below cursor has a recorded outcome.
    lo = models.IntegerField()
    hi = models.IntegerField()
    cursor = models.IntegerField()
    state = models.SmallIntegerField(choices=ChunkState.choices, default=ChunkState.OPEN)
    # Only deliveries put off by their recipient's provider, to be tried again.
    is_retry = models.BooleanField(default=False)
    token = models.BigIntegerField(default=0)
    owner = models.CharField(max_length=60, blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    claims = models.SmallIntegerField(default=0)
    # Where the cursor stood at the last claim, to notice a message that kills its sender.
    stuck_at = models.IntegerField(null=True)
    stuck_count = models.SmallIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(
                fields=["-lane", "due_at", "id"],
                name="chunk_to_claim",
                condition=Q(state=ChunkState.OPEN),
            ),
            models.Index(fields=["dispatch"], name="chunk_by_dispatch"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(cursor__gte=F("lo"), cursor__lte=F("hi")),
                name="the_cursor_is_inside_its_chunk",
            )
        ]

    def __str__(self) -> str:
        return f"chunk {self.pk}"


class Attempt(models.Model):
    """One try that was not plainly accepted, by code."""

    dispatch = models.ForeignKey(
        Dispatch, on_delete=models.CASCADE, related_name="attempts", db_constraint=False
    )
    seq = models.IntegerField()
    at = models.DateTimeField()
    route = models.CharField(max_length=40)
    outcome = models.CharField(max_length=16)
    code = models.CharField(max_length=40)

    class Meta:
        indexes = [models.Index(fields=["dispatch", "seq"], name="attempt_by_delivery")]

    def __str__(self) -> str:
        return f"{self.outcome} {self.code}"
