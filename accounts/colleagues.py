"""What the administrators' pages show: colleagues with their roles, posts with their state."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.utils.functional import Promise

from accounts.models import (
    Mandate,
    PostShutting,
    Role,
    RoleRequest,
    RoleRequestState,
    ShuttingReason,
    StaffUser,
)
from geography.models import Post


@dataclass(frozen=True)
class Power:
    """One live mandate or one waiting request."""

    id: int | UUID
    role: str | Promise
    post: str
    ends_at: datetime.datetime | None


@dataclass(frozen=True)
class Colleague:
    """One member of staff."""

    id: UUID
    name: str
    email: str
    is_active: bool
    has_second_factor: bool
    last_login: datetime.datetime | None
    powers: Sequence[Power]
    waiting: Sequence[Power]


@dataclass(frozen=True)
class WaitingRequest:
    """A role somebody asked for; `is_mine` where the reader may not decide."""

    id: UUID
    name: str
    role: str | Promise
    post: str
    asked_by: str
    asked_at: datetime.datetime
    is_mine: bool


@dataclass(frozen=True)
class PostState:
    """A post, and since when it is shut."""

    code: str
    name: str
    officer_count: int
    shut_at: datetime.datetime | None
    reason: str | Promise
    opening_asked_by: UUID | None


def colleagues() -> list[Colleague]:
    """Return everybody with an account, open ones first, by name; five queries in all."""
    users = list(StaffUser.objects.order_by("-is_active", "name", "pk"))
    return _colleagues(users)


def record_of(user: StaffUser) -> Colleague:
    """Return one colleague."""
    return _colleagues([user])[0]


def _colleagues(users: Sequence[StaffUser]) -> list[Colleague]:
    ids = [user.pk for user in users]
    with_app = set(
        Authenticator.objects.filter(user_id__in=ids, type=Authenticator.Type.TOTP).values_list(
            "user_id", flat=True
        )
    )
    powers: dict[UUID, list[Power]] = {}
    for mandate in Mandate.objects.live().filter(user_id__in=ids).select_related("post"):
        powers.setdefault(mandate.user_id, []).append(_power(mandate))
    waiting: dict[UUID, list[Power]] = {}
    requests = RoleRequest.objects.filter(user_id__in=ids, state=RoleRequestState.WAITING)
    for request in requests.select_related("post"):
        waiting.setdefault(request.user_id, []).append(_power(request))
    return [
        Colleague(
            id=user.pk,
            name=user.name,
            email=user.email,
            is_active=user.is_active,
            has_second_factor=user.pk in with_app,
            last_login=user.last_login,
            powers=powers.get(user.pk, []),
            waiting=waiting.get(user.pk, []),
        )
        for user in users
    ]


def _power(each: Mandate | RoleRequest) -> Power:
    post = each.post.name_in() if each.post else ""
    return Power(id=each.pk, role=Role(each.role).label, post=post, ends_at=each.ends_at)


def waiting_requests(reader: StaffUser) -> list[WaitingRequest]:
    """Return what waits for a second person, the oldest first."""
    requests = RoleRequest.objects.filter(state=RoleRequestState.WAITING)
    return [
        WaitingRequest(
            id=each.pk,
            name=each.user.name,
            role=Role(each.role).label,
            post=each.post.name_in() if each.post else "",
            asked_by=each.requested_by.name,
            asked_at=each.requested_at,
            is_mine=reader.pk in {each.requested_by_id, each.user_id},
        )
        for each in requests.select_related("user", "post", "requested_by").order_by("requested_at")
    ]


def posts_with_state() -> list[PostState]:
    """Return every open post, those that are shut first."""
    shut = {each.post_id: each for each in PostShutting.objects.filter(opened_at__isnull=True)}
    officers: dict[int, int] = {}
    mandates = Mandate.objects.unended().filter(role=Role.OFFICER)
    for post_id in mandates.values_list("post_id", flat=True):
        assert post_id is not None
        officers[post_id] = officers.get(post_id, 0) + 1
    states = [
        PostState(
            code=post.code,
            name=post.name_in(),
            officer_count=officers.get(post.pk, 0),
            shut_at=shut[post.pk].shut_at if post.pk in shut else None,
            reason=ShuttingReason(shut[post.pk].reason).label if post.pk in shut else "",
            opening_asked_by=shut[post.pk].opening_asked_by_id if post.pk in shut else None,
        )
        for post in Post.objects.open()
    ]
    return sorted(states, key=lambda state: (state.shut_at is None, state.name))
