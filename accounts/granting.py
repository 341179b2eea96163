"""Roles are asked for by one administrator and decided by another; ending one takes one person."""

from __future__ import annotations

import datetime
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from accounts.access import has_role
from accounts.models import Mandate, Role, RoleRequest, RoleRequestState, StaffUser
from accounts.services import grant_mandate
from audit.recording import record
from geography.models import Post

# With fewer, nobody could give or take a role any more.
FEWEST_ADMINISTRATORS = 2


class GrantRefused(Exception):
    """`code` says why: "self", "second-person", "decided", "waiting", "standing", "last"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def ask_for_role(
    *,
    actor: StaffUser,
    user: StaffUser,
    role: Role,
    post: Post | None = None,
    ends_at: datetime.datetime | None = None,
) -> RoleRequest:
    """Ask that a colleague get a role. Raises Http404 for others, GrantRefused."""
    _administrators_only(actor)
    if actor.pk == user.pk:
        raise GrantRefused("self")
    if Mandate.objects.live().filter(user=user, role=role, post=post).exists():
        raise GrantRefused("standing")
    waiting = RoleRequest.objects.filter(
        user=user, role=role, post=post, state=RoleRequestState.WAITING
    )
    if waiting.exists():
        raise GrantRefused("waiting")
    request = RoleRequest.objects.create(
        user=user, role=role, post=post, ends_at=ends_at, requested_by=actor
    )
    _note(actor, "accounts.role-asked-for", request)
    return request


@transaction.atomic
def decide_role(*, actor: StaffUser, request_id: UUID, is_granted: bool) -> RoleRequest:
    """Grant or refuse what another administrator asked for. Raises Http404, GrantRefused."""
    _administrators_only(actor)
    request = (
        RoleRequest.objects.select_for_update(of=("self",))
        .select_related("user", "post", "requested_by")
        .filter(pk=request_id)
        .first()
    )
    if request is None:
        raise Http404
    if request.state != RoleRequestState.WAITING:
        raise GrantRefused("decided")
    if actor.pk in {request.requested_by_id, request.user_id}:
        raise GrantRefused("second-person")
    request.state = RoleRequestState.GRANTED if is_granted else RoleRequestState.REFUSED
    request.decided_by, request.decided_at = actor, timezone.now()
    request.save()
    if is_granted:
        grant_mandate(
            actor=actor.actor,
            user=request.user,
            role=Role(request.role),
            post=request.post,
            granted_by=request.requested_by,
            approved_by=actor,
            ends_at=request.ends_at,
        )
    else:
        _note(actor, "accounts.role-refused", request)
    return request


@transaction.atomic
def end_mandate(*, actor: StaffUser, mandate_id: int) -> Mandate:
    """End one mandate now; it is over at the holder's next request.

    Raises Http404, and GrantRefused when too few administrators would be left.
    """
    _administrators_only(actor)
    # Locked all together, so that two administrators cannot end each other at once.
    live = Mandate.objects.live().select_for_update(of=("self",)).select_related("user")
    administrators = list(live.filter(role=Role.ADMINISTRATOR))
    mandate = live.filter(pk=mandate_id).first()
    if mandate is None:
        raise Http404
    if mandate.role == Role.ADMINISTRATOR and len(administrators) <= FEWEST_ADMINISTRATORS:
        raise GrantRefused("last")
    mandate.ends_at = timezone.now()
    mandate.save(update_fields=["ends_at"])
    record(
        actor.actor,
        "accounts.mandates-ended",
        object_kind="staff",
        object_id=mandate.user_id,
        post_id=mandate.post_id,
        detail={"count": 1, "role": mandate.role},
    )
    return mandate


def _administrators_only(actor: StaffUser) -> None:
    if not actor.is_active or not has_role(actor, Role.ADMINISTRATOR):
        raise Http404


def _note(actor: StaffUser, act: str, request: RoleRequest) -> None:
    record(
        actor.actor,
        act,
        object_kind="staff",
        object_id=request.user_id,
        post_id=request.post_id,
        detail={"role": request.role},
    )
