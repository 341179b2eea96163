"""Making staff accounts, giving mandates, and the new start after a lost password or phone."""

from __future__ import annotations

import datetime
import secrets

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Mandate, Role, StaffUser
from audit.recording import Actor, record
from geography.models import Post

_PASSWORD_BYTES = 12


def new_password() -> str:
    """Return a random password of 16 letters, digits and signs."""
    return secrets.token_urlsafe(_PASSWORD_BYTES)


@transaction.atomic
def create_staff(*, actor: Actor, email: str, name: str, password: str | None = None) -> StaffUser:
    """Make an account without any mandate. Raises IntegrityError for a known e-mail address."""
    user = StaffUser.objects.create_user(email, password, name=name)
    record(actor, "accounts.staff-created", object_kind="staff", object_id=user.pk)
    return user


@transaction.atomic
def grant_mandate(
    *,
    actor: Actor,
    user: StaffUser,
    role: Role,
    post: Post | None = None,
    granted_by: StaffUser | None = None,
    approved_by: StaffUser | None = None,
    ends_at: datetime.datetime | None = None,
) -> Mandate:
    """Give a role, for a post where it needs one; return the standing mandate if there is one.

    Raises IntegrityError when somebody grants their own mandate, or grants and approves one.
    """
    standing = Mandate.objects.live().filter(user=user, role=role, post=post).first()
    if standing is not None:
        return standing
    mandate = Mandate.objects.create(
        user=user,
        role=role,
        post=post,
        granted_by=granted_by,
        approved_by=approved_by,
        ends_at=ends_at,
    )
    record(
        actor,
        "accounts.mandate-granted",
        object_kind="staff",
        object_id=user.pk,
        post_id=post.pk if post else None,
        detail={"role": role.value},
    )
    return mandate


@transaction.atomic
def end_mandates(*, actor: Actor, user: StaffUser, role: Role | None = None) -> int:
    """End a user's mandates (of one role) now; takes effect on their next request."""
    now = timezone.now()
    chosen = Q(role=role) if role else Q()
    ended = Mandate.objects.live().filter(chosen, user=user).update(ends_at=now)
    record(
        actor,
        "accounts.mandates-ended",
        object_kind="staff",
        object_id=user.pk,
        detail={"count": ended, "role": role.value if role else ""},
    )
    return ended


@transaction.atomic
def start_again(*, actor: Actor, user: StaffUser, password: str) -> None:
    """Give a new password and take the second factor away, after a loss.

    All sessions of the user end, since they are bound to the password.
    """
    user.set_password(password)
    user.save(update_fields=["password"])
    Authenticator.objects.filter(user=user).delete()
    record(actor, "accounts.started-again", object_kind="staff", object_id=user.pk)
