"""The switch that takes a post's access away at once, and the two people who give it back."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone

from accounts.access import has_role
from accounts.granting import GrantRefused
from accounts.models import PostShutting, Role, ShuttingReason, StaffUser
from audit.recording import record
from geography.models import Post

# Whoever may shut a post. One person is enough: waiting for a second may cost lives.
SHUTTERS = (Role.ADMINISTRATOR, Role.DATA_PROTECTION)


def shut_post(*, actor: StaffUser, post: Post, reason: ShuttingReason) -> PostShutting:
    """Take access away from everybody who works for a post, from their next request on.

    Raises Http404 for others, GrantRefused("standing") when it is shut already.
    """
    _only(actor, *SHUTTERS)
    try:
        with transaction.atomic():
            shutting = PostShutting.objects.create(post=post, reason=reason, shut_by=actor)
            _note(actor, "accounts.post-shut", shutting, reason=reason.value)
    except IntegrityError:
        raise GrantRefused("standing") from None
    return shutting


@transaction.atomic
def ask_to_open_post(*, actor: StaffUser, post: Post) -> PostShutting:
    """Ask that a shut post be opened again. Raises Http404, GrantRefused("waiting")."""
    _only(actor, Role.ADMINISTRATOR)
    shutting = _standing(post)
    if shutting.opening_asked_by_id is not None:
        raise GrantRefused("waiting")
    shutting.opening_asked_by = actor
    shutting.save(update_fields=["opening_asked_by"])
    _note(actor, "accounts.post-opening-asked-for", shutting)
    return shutting


@transaction.atomic
def open_post_again(*, actor: StaffUser, post: Post) -> PostShutting:
    """Open a shut post, as another administrator asked. Raises Http404, GrantRefused."""
    _only(actor, Role.ADMINISTRATOR)
    shutting = _standing(post)
    if shutting.opening_asked_by_id in {None, actor.pk}:
        raise GrantRefused("second-person")
    shutting.opened_by, shutting.opened_at = actor, timezone.now()
    shutting.save(update_fields=["opened_by", "opened_at"])
    _note(actor, "accounts.post-opened", shutting)
    return shutting


def _standing(post: Post) -> PostShutting:
    standing = PostShutting.objects.select_for_update().filter(post=post, opened_at__isnull=True)
    shutting = standing.first()
    if shutting is None:
        raise Http404
    return shutting


def _only(actor: StaffUser, *roles: Role) -> None:
    if not actor.is_active or not has_role(actor, *roles):
        raise Http404


def _note(actor: StaffUser, act: str, shutting: PostShutting, reason: str = "") -> None:
    record(
        actor.actor,
        act,
        object_kind="post",
        object_id=shutting.post_id,
        post_id=shutting.post_id,
        reason=reason,
    )
