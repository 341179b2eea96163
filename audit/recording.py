"""Writing the audit record: always in the transaction of the act it records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from audit.models import ActorKind, AuditEvent

Detail = Mapping[str, int | bool | str | Sequence[int] | Sequence[str] | None]


@dataclass(frozen=True)
class Actor:
    """Who acts: a member of staff, the person themselves, a partner or a machine."""

    kind: ActorKind
    id: UUID | None = None

    @classmethod
    def person(cls, person_id: UUID) -> Actor:
        """The registered person acts on their own record."""
        return cls(ActorKind.PERSON, person_id)

    @classmethod
    def machine(cls) -> Actor:
        """A job of ours acts."""
        return cls(ActorKind.MACHINE)


def record(
    actor: Actor,
    act: str,
    *,
    subject_id: UUID | None = None,
    object_kind: str = "",
    object_id: object = "",
    reason: str = "",
    post_id: int | None = None,
    detail: Detail | None = None,
    revealed_ids: Sequence[UUID] = (),
) -> AuditEvent:
    """Append one event. `detail` holds counts and codes, never a value of a person.

    Raises RuntimeError outside a transaction: an act and its record are one.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an audit event is written in the transaction of its act")
    return AuditEvent.objects.create(
        actor_kind=actor.kind,
        actor_id=actor.id,
        act=act,
        subject_id=subject_id,
        object_kind=object_kind,
        object_id=str(object_id),
        reason=reason,
        post_id=post_id,
        detail=dict(detail or {}),
        revealed_ids=list(revealed_ids),
    )


@dataclass(frozen=True)
class Subject:
    """One person among many that the same act was done for."""

    id: UUID
    object_id: object = ""
    post_id: int | None = None


def record_for_each(
    actor: Actor,
    act: str,
    subjects: Sequence[Subject],
    *,
    object_kind: str = "",
    detail: Detail | None = None,
) -> None:
    """Append one event per subject, in one statement for a thousand of them.

    Raises RuntimeError outside a transaction, as `record` does.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an audit event is written in the transaction of its act")
    AuditEvent.objects.bulk_create(
        [
            AuditEvent(
                actor_kind=actor.kind,
                actor_id=actor.id,
                act=act,
                subject_id=subject.id,
                object_kind=object_kind,
                object_id=str(subject.object_id),
                post_id=subject.post_id,
                detail=dict(detail or {}),
                revealed_ids=[],
            )
            for subject in subjects
        ],
        batch_size=1000,
    )
